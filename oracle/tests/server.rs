//! Real server processes, each a few lines of shell: `head -c N` takes a message of N bytes as a whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use isa_traits::Oracle;
use oracle::{Error, Key, Progress, Request, Server, Source, Verified, Waiting};

/// Long enough for a busy machine, short enough to end a test that hangs.
const SOON: Duration = Duration::from_secs(60);

const MIB: usize = 1 << 20;

/// Starts a script, whose `$1` is `path`. Those that hang end when a pipe is closed, so that no test has to wait for them.
fn shell_in(path: &Path, script: &str, waiting: Waiting) -> Server {
    Server::start(
        &["sh".as_ref(), "-c".as_ref(), script.as_ref(), "host".as_ref(), path.as_os_str()],
        waiting,
    )
    .unwrap()
}

fn shell(script: &str) -> Server {
    shell_in(Path::new("/"), script, Waiting::default())
}

/// The number in `file`, as soon as a script has written the whole line.
fn pid(file: &Path) -> u32 {
    let start = Instant::now();
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if text.ends_with('\n') {
            return text.trim().parse().unwrap();
        }
        assert!(start.elapsed() < SOON, "{} stays empty", file.display());
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether there is such a process, even a zombie.
fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Whether a process that is no child of ours stops running; its zombie is its new parent's business.
fn stops(pid: u32) -> bool {
    let start = Instant::now();
    while start.elapsed() < SOON {
        // The state is the first field after the name, which stands in parentheses.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with('Z')) {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Runs one ignored test in a process of its own, with two output streams, after a line of shell.
fn alone(first: &str, test: &str) -> Output {
    let script = format!("{first}\nexec \"$0\" --ignored --exact {test} --test-threads 1");
    let run =
        Command::new("sh").args(["-c", &script]).arg(std::env::current_exe().unwrap()).output().unwrap();
    assert!(String::from_utf8_lossy(&run.stdout).contains("running 1 test"), "{run:?}");
    run
}

#[test]
fn keys_go_out_and_pre_images_come_back() {
    // Answers a key with itself, three times.
    let script = r"for i in 1 2 3; do { printf '\0\0\0\0\0\0\0\040'; head -c 32 <&5; } >&6; done";
    let mut server = shell(script);
    for index in [1, 2, 300] {
        let key = Key::local(index);
        assert_eq!(server.fetch(&key).unwrap(), key.as_bytes(), "{key}");
    }
}

#[test]
fn an_empty_pre_image_is_a_pre_image() {
    let script = r"for i in 1 2; do head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\0' >&6; done";
    let mut oracle = Verified::new(shell(script));
    for key in [Key::keccak256(b""), Key::sha256(b"")] {
        assert_eq!(oracle.get(key.as_bytes()).unwrap(), b"");
    }
}

#[test]
fn a_corrupt_answer_names_the_server() {
    let script = r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\05hello' >&6";
    let mut oracle = Verified::new(shell(script));
    let error = oracle.get(Key::keccak256(b"olleh").as_bytes()).unwrap_err();
    assert!(matches!(error, Error::Corrupt { found, .. } if found == Key::keccak256(b"hello")), "{error}");
    assert!(error.to_string().contains("from the server `sh`"), "{error}");
}

/// A pipe holds 64 KiB, so both directions have to wait for room many times.
#[test]
fn a_mebibyte_goes_out_as_a_hint_and_comes_back_as_a_pre_image() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"
        head -c $((4 + 1048576)) <&3 >"$1/hint"; printf '\0' >&4
        head -c 32 <&5 >/dev/null; { printf '\0\0\0\0\0\020\0\0'; tail -c +5 "$1/hint"; } >&6
        head -c 4 <&3 >"$1/empty"; printf '\0' >&4"#;
    let mut oracle = Verified::new(shell_in(dir.path(), script, Waiting::default()));
    let hint: Vec<u8> = (0..MIB).map(|i| (i % 251) as u8).collect();
    oracle.hint(&hint).unwrap();
    assert!(oracle.get(Key::keccak256(&hint).as_bytes()).unwrap() == hint, "the hint came back changed");
    oracle.hint(b"").unwrap();
    assert_eq!(fs::read(dir.path().join("hint")).unwrap()[..4], [0, 0x10, 0, 0], "length of a long hint");
    assert_eq!(fs::read(dir.path().join("empty")).unwrap(), [0; 4], "an empty hint");
    assert_eq!(oracle.counts().total().bytes, MIB as u64);
}

#[test]
fn a_server_that_dies_is_named_with_its_status_and_the_question() {
    let died = |script| {
        let error = shell(script).fetch(&Key::local(1)).unwrap_err();
        assert!(error.to_string().contains(&format!("{} (local)", Key::local(1))), "{error}");
        let Error::HostDied { status, progress, .. } = &error else { panic!("{error}") };
        (status.map(|status| status.to_string()), *progress, error)
    };
    let (status, progress, error) = died("head -c 32 <&5 >/dev/null; exit 3");
    assert_eq!(status.as_deref(), Some("exit status: 3"), "{error}");
    assert_eq!(progress, Progress::Received { bytes: 0, of: 8 });

    let (status, progress, error) =
        died(r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\0\0\0\011four' >&6; kill -KILL $$");
    assert_eq!(status.as_deref(), Some("signal: 9 (SIGKILL)"), "{error}");
    assert_eq!(progress, Progress::Received { bytes: 4, of: 9 });
    assert!(error.to_string().contains("4 of 9 bytes received"), "{error}");

    // It may be gone before the key is sent, or after.
    let (status, _, error) = died("exit 0");
    assert_eq!(status.as_deref(), Some("exit status: 0"), "{error}");

    let (status, _, error) = died("exec 3<&- 4>&- 5<&- 6>&-; exec sleep 1000");
    assert_eq!(status, None, "{error}");
    assert!(error.to_string().contains("still runs"), "{error}");
}

/// The pipe stays open, so no end of file tells of the death.
#[test]
fn a_death_is_noticed_while_a_grandchild_holds_the_pipes() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"sleep 1000 & echo $! >"$1/pid"; head -c 32 <&5 >/dev/null; exit 4"#;
    let mut server = shell_in(dir.path(), script, Waiting::default());
    let error = server.fetch(&Key::local(1)).unwrap_err();
    let Error::HostDied { status: Some(status), .. } = error else { panic!("{error}") };
    assert_eq!(status.code(), Some(4));
    assert!(stops(pid(&dir.path().join("pid"))), "the grandchild lives on");
}

/// Wide enough that a hint cannot be left in the pipe's buffer.
#[test]
fn a_death_is_noticed_while_a_hint_is_sent() {
    let error = shell("head -c 100000 <&3 >/dev/null; exit 5").hint(&vec![b'x'; MIB]).unwrap_err();
    let Error::HostDied { status, request, progress: Progress::Sent { bytes, of }, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(status.and_then(|status| status.code()), Some(5));
    assert!(matches!(request, Request::Hint { bytes: MIB, .. }));
    assert!((100_000..MIB).contains(bytes) && *of == MIB + 4, "{error}");
}

#[test]
fn a_length_beyond_reason_is_refused_and_the_server_given_up() {
    let cases = [
        (r"\0\0\0\0\100\0\0\01", (1 << 30) + 1),
        (r"\377\377\377\377\377\377\377\377", u64::MAX),
        ("Internal", u64::from_be_bytes(*b"Internal")),
    ];
    for (length, wanted) in cases {
        let script = format!("head -c 32 <&5 >/dev/null; printf '{length}' >&6; cat <&3");
        let mut server = shell(&script);
        let error = server.fetch(&Key::local(1)).unwrap_err();
        assert!(matches!(error, Error::TooLong { bytes, .. } if bytes == wanted), "{error}");
        let after = server.fetch(&Key::local(2)).unwrap_err();
        assert!(matches!(after, Error::GivenUp { .. }), "{after}");
    }
}

/// 1 GiB is announced and 3 bytes come, in a process that may have half of that.
#[test]
fn a_lying_length_takes_no_memory() {
    let run = alone("ulimit -v 524288", "ask_a_lying_server");
    assert!(run.status.success(), "{run:?}");
}

#[test]
#[ignore = "run by a_lying_length_takes_no_memory"]
fn ask_a_lying_server() {
    let script = r"head -c 32 <&5 >/dev/null; printf '\0\0\0\0\100\0\0\0abc' >&6";
    let error = shell(script).fetch(&Key::local(1)).unwrap_err();
    let Error::HostDied { progress, .. } = error else { panic!("{error}") };
    assert_eq!(progress, Progress::Received { bytes: 3, of: 1 << 30 });
}

#[test]
fn a_hang_ends_at_the_limit_and_is_reported_meanwhile() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    let limit = Duration::from_millis(2500);
    let waiting = Waiting {
        limit: Some(limit),
        observer: Some(Box::new(move |request, waited| {
            notes.lock().unwrap().push((request.clone(), waited))
        })),
        ..Waiting::default()
    };
    let mut server = shell_in(Path::new("/"), "cat <&3", waiting);
    let error = server.fetch(&Key::local(9)).unwrap_err();
    let Error::Timeout { waited, limit: stated, progress, .. } = &error else { panic!("{error}") };
    assert!((limit..SOON).contains(waited) && *stated == limit, "{error}");
    assert_eq!(*progress, Progress::Received { bytes: 0, of: 8 });
    let told = told.lock().unwrap();
    assert!((1..=2).contains(&told.len()), "{told:?}");
    let asked = Request::Preimage(Key::local(9));
    assert!(told.iter().all(|(request, waited)| *request == asked && *waited >= Duration::from_secs(1)));
}

/// The pipe is full and nobody reads: the limit holds for sending as well.
#[test]
fn a_hint_that_is_not_taken_ends_at_the_limit() {
    let waiting = Waiting { limit: Some(Duration::from_millis(200)), ..Waiting::default() };
    let error = shell_in(Path::new("/"), "cat <&5", waiting).hint(&vec![b'x'; MIB]).unwrap_err();
    let Error::Timeout { progress, .. } = error else { panic!("{error}") };
    assert!(matches!(progress, Progress::Sent { of, .. } if of == MIB + 4), "{progress}");
}

#[test]
fn the_interrupt_flag_ends_a_wait() {
    let interrupt = Arc::new(AtomicBool::new(false));
    let waiting = Waiting { interrupt: Arc::clone(&interrupt), ..Waiting::default() };
    let mut server = shell_in(Path::new("/"), "cat <&3", waiting);
    let user = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        interrupt.store(true, Ordering::Relaxed);
    });
    let error = server.fetch(&Key::local(1)).unwrap_err();
    assert!(matches!(error, Error::Interrupted { waited, .. } if waited < SOON), "{error}");
    user.join().unwrap();
}

#[test]
fn a_server_that_sees_its_pipes_closed_ends_in_its_own_way() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"trap exit INT; echo $$ >"$1/pid"; cat <&5; cat <&3; echo closed >"$1/end""#;
    let server = shell_in(dir.path(), script, Waiting::default());
    pid(&dir.path().join("pid"));
    drop(server);
    assert_eq!(fs::read_to_string(dir.path().join("end")).unwrap(), "closed\n");
}

#[test]
fn a_server_that_stays_is_told_to_end_and_may_clear_up() {
    let end = |traps: &str| {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(r#"{traps}; echo $$ >"$1/pid"; sleep 1000 & wait; wait"#);
        let server = shell_in(dir.path(), &script, Waiting::default());
        pid(&dir.path().join("pid"));
        drop(server);
        fs::read_to_string(dir.path().join("end")).unwrap()
    };
    let int = r#"trap 'echo INT >"$1/end"; exit' INT"#;
    let term = r#"trap 'echo TERM >"$1/end"; exit' TERM"#;
    assert_eq!(end(&format!("trap '' INT; {term}")), "TERM\n");
    // A shell cannot trap what it was started to ignore, as we are where a script runs the tests with `&`.
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let sigint = 1 << (2 - 1);
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap() & sigint != 0;
    assert_eq!(end(&format!("{int}; {term}")), if ignored { "TERM\n" } else { "INT\n" });
}

#[test]
fn neither_a_stubborn_server_nor_its_children_outlive_it() {
    let dir = tempfile::tempdir().unwrap();
    // What is ignored is inherited: so does the child.
    let script = r#"trap '' INT TERM; sleep 1000 & echo $! >"$1/child"; echo $$ >"$1/leader"; wait; wait"#;
    let server = shell_in(dir.path(), script, Waiting::default());
    let leader = pid(&dir.path().join("leader"));
    let child = pid(&dir.path().join("child"));
    assert!(exists(leader) && exists(child));
    drop(server);
    assert!(!exists(leader), "the leader lives on, or is a zombie");
    assert!(stops(child), "the child lives on");
}

#[test]
fn children_of_a_server_that_ended_early_do_not_outlive_it() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"sleep 1000 & echo $! >"$1/child"; echo $$ >"$1/leader""#;
    let server = shell_in(dir.path(), script, Waiting::default());
    let leader = pid(&dir.path().join("leader"));
    let child = pid(&dir.path().join("child"));
    drop(server);
    assert!(!exists(leader), "the leader is a zombie");
    assert!(stops(child), "the child lives on");
}

#[test]
fn a_server_that_cannot_be_started_is_named() {
    for argv in [vec!["/no/such/server", "--server"], vec![]] {
        let error = Server::start(&argv, Waiting::default()).unwrap_err();
        assert!(matches!(error, Error::Start { .. }), "{error}");
        assert!(error.to_string().contains(&format!("server `{}`", argv.first().unwrap_or(&""))), "{error}");
    }
}

/// Standard output carries results: a server's chatter there would spoil them.
#[test]
fn what_a_server_prints_goes_to_standard_error() {
    let run = alone("", "start_a_chatty_server");
    assert!(run.status.success(), "{run:?}");
    for word in ["from-stdout", "from-stderr"] {
        assert!(!String::from_utf8_lossy(&run.stdout).contains(word), "{run:?}");
        assert!(String::from_utf8_lossy(&run.stderr).contains(word), "{run:?}");
    }
}

#[test]
#[ignore = "run by what_a_server_prints_goes_to_standard_error"]
fn start_a_chatty_server() {
    drop(shell("echo from-stdout; echo from-stderr >&2"));
}
