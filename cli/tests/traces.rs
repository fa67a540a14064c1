//! `query` and `serve`: answers about any step are those of `run`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod common;

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::process::{Running, wait_for};
use common::{ISAS, field, folder, host, initial_state, recorded, recorded_elf, recorded_preimages, run};
use rustix::process::Signal;
use serde_json::{Value, json};

/// `preimg` in a folder, and what `run` tells of some of its steps.
struct Program {
    folder: tempfile::TempDir,
    elf: PathBuf,
    preimages: PathBuf,
    last: u64,
    steps: Vec<u64>,
}

impl Program {
    fn new(isa: &str) -> Self {
        let folder = folder();
        let elf = recorded_elf(folder.path(), isa, "preimg");
        let preimages = recorded_preimages(folder.path());
        let last = recorded(isa, "preimg").manifest.final_step;
        let steps = vec![0, 1, last / 3, last / 2, last - 1];
        let at = format!("={}", steps.iter().map(u64::to_string).collect::<Vec<_>>().join(","));
        let program = Self { folder, elf, preimages, last, steps };
        let args = ["--proof-at".to_owned(), at];
        run(program.path(), program.args("run").into_iter().chain(args.map(Into::into))).exits(0);
        program
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn args(&self, command: &str) -> Vec<OsString> {
        vec![command.into(), self.elf.clone().into(), "--preimages".into(), self.preimages.clone().into()]
    }

    /// The proof that `run` wrote.
    fn proof(&self, step: u64) -> Value {
        serde_json::from_slice(&fs::read(self.path().join(format!("proof-{step}.json"))).unwrap()).unwrap()
    }

    fn query(&self, more: &[&str]) -> common::Run {
        run(self.path(), self.args("query").into_iter().chain(more.iter().map(Into::into)))
    }
}

fn list(steps: impl IntoIterator<Item = u64>) -> String {
    steps.into_iter().map(|step| step.to_string()).collect::<Vec<_>>().join(",")
}

#[test]
fn query_tells_hashes_and_proofs_as_run_does_in_any_order() {
    for isa in ISAS {
        let program = Program::new(isa);
        let backwards: Vec<u64> = program.steps.iter().rev().copied().collect();
        let at = list(backwards.iter().copied());
        let text = program.query(&["--at", &at, "--checkpoint-memory", "1"]).exits(0).stdout();
        let wanted: Vec<String> =
            backwards.iter().map(|&step| format!("{step} {}", field(&program.proof(step), "pre"))).collect();
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted, "{isa}");
        let text = program.query(&["--at", &at, "--proof"]).exits(0).stdout();
        for (line, step) in text.lines().zip(&backwards) {
            assert_eq!(serde_json::from_str::<Value>(line).unwrap(), program.proof(*step), "{isa}");
        }
        let step = program.steps[2];
        let answer = program.query(&["--at", &step.to_string(), "--proof", "--json"]).exits(0).json();
        let proof = program.proof(step);
        assert_eq!(answer, json!({ "step": step, "stateHash": proof["pre"], "proof": proof }), "{isa}");
        // The last state has a hash, and no step follows.
        let last = program.last.to_string();
        let text = program.query(&["--at", &last]).exits(0).stdout();
        assert_eq!(text, format!("{last} {}\n", field(&program.proof(program.last - 1), "post")), "{isa}");
        program.query(&["--at", &last, "--proof"]).exits(1).says(&["exited", &last]).prints_nothing();
        program.query(&["--at", &list([0, program.last + 1])]).exits(1).says(&["exited", &last]);
    }
}

#[test]
fn query_goes_on_from_a_state() {
    let program = Program::new("rv64");
    let state = initial_state(program.path(), &program.elf, "state.bin.gz");
    let at = list(program.steps.iter().copied());
    let mut args = program.args("query");
    args[1] = state.into();
    let answer = run(program.path(), args.into_iter().chain(["--at".into(), at.clone().into()])).exits(0);
    assert_eq!(answer.stdout(), program.query(&["--at", &at]).exits(0).stdout());
}

#[test]
fn query_reports_a_missing_pre_image_and_a_bad_step() {
    let program = Program::new("rv64");
    let at = program.last.to_string();
    let args = ["query".into(), program.elf.clone().into_os_string(), "--at".into(), at.into()];
    run(program.path(), args).exits(1).says(&["pre-image"]).prints_nothing();
    program.query(&["--at", "x"]).exits(1).says(&["'x' is no step"]);
    program.query(&[]).exits(1).says(&["--at"]);
}

/// `fpvm serve` on its standard input and output.
struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start(folder: &Path, args: Vec<OsString>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fpvm"));
        command.current_dir(folder).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    fn exits(&mut self, code: i32) {
        wait_for("the end of the server", || self.child.try_wait().unwrap().is_some());
        assert_eq!(self.child.wait().unwrap().code(), Some(code));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails where the process has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(method: &str, step: u64) -> String {
    json!({ "jsonrpc": "2.0", "id": step, "method": method, "params": { "step": step } }).to_string()
}

const INFO: &str = r#"{"jsonrpc":"2.0","id":"i","method":"info"}"#;
const SHUTDOWN: &str = r#"{"jsonrpc":"2.0","id":"s","method":"shutdown"}"#;

#[test]
fn serve_answers_again_and_again_on_standard_output() {
    for isa in ISAS {
        let program = Program::new(isa);
        let mut server = Server::start(program.path(), program.args("serve"));
        for &step in program.steps.iter().rev().chain(&program.steps) {
            let (hash, proof) =
                (server.ask(&request("stateHash", step)), server.ask(&request("proof", step)));
            assert_eq!((&hash["id"], &hash["result"]), (&json!(step), &program.proof(step)["pre"]), "{isa}");
            assert_eq!(proof["result"], program.proof(step), "{isa}");
        }
        let mut info = Value::Null;
        wait_for("the end of the first pass", || {
            info = server.ask(INFO)["result"].clone();
            info["finished"] == true
        });
        assert_eq!(info["reachedStep"], program.last, "{isa}: {info}");
        assert_eq!((&info["firstStep"], &info["error"]), (&json!(0), &Value::Null), "{isa}: {info}");
        assert!(info["status"].is_string() && info["checkpoints"].as_u64() >= Some(2), "{isa}: {info}");
        for (line, code) in [
            (request("stateHash", program.last + 1), -32001),
            (request("proof", program.last), -32001),
            (request("proofs", 0), -32601),
            ("{".to_owned(), -32700),
            ("x".repeat(1 << 20), -32600),
        ] {
            assert_eq!(server.ask(&line)["error"]["code"], code, "{isa}: {line:.60}");
        }
        assert_eq!(server.ask(SHUTDOWN)["result"], Value::Null);
        server.exits(0);
    }
}

#[test]
fn serve_ends_with_its_input_and_at_a_signal() {
    let program = Program::new("rv64");
    let mut server = Server::start(program.path(), program.args("serve"));
    server.ask(INFO);
    server.input = None;
    server.exits(0);
    let mut server = Server::start(program.path(), program.args("serve"));
    server.ask(INFO);
    rustix::process::kill_process(rustix::process::Pid::from_child(&server.child), Signal::TERM).unwrap();
    server.exits(130);
}

#[test]
fn serve_tells_of_a_run_that_failed_and_answers_for_what_was_before() {
    let program = Program::new("rv64");
    // Without pre-images the run stops at the first of them.
    let args = vec!["serve".into(), program.elf.clone().into()];
    let mut server = Server::start(program.path(), args);
    for _ in 0..2 {
        let error = server.ask(&request("stateHash", program.last));
        assert_eq!(error["error"]["code"], -32000, "{error}");
        assert_eq!(server.ask(&request("stateHash", 1))["result"], program.proof(1)["pre"]);
    }
    let info = server.ask(INFO);
    assert!(info["result"]["error"].as_str().unwrap().contains("pre-image"), "{info}");
    server.ask(SHUTDOWN);
    server.exits(0);
}

#[test]
fn serve_asks_a_server_of_pre_images_and_replays_without_it() {
    let program = Program::new("rv64");
    let mut args = program.args("serve");
    args.truncate(2);
    args.extend(["--".into(), host().into(), "--datadir".into(), program.preimages.clone().into()]);
    let mut server = Server::start(program.path(), args);
    for &step in program.steps.iter().rev() {
        assert_eq!(server.ask(&request("proof", step))["result"], program.proof(step), "step {step}");
    }
    server.ask(SHUTDOWN);
    server.exits(0);
}

/// A client that is connected to a socket.
fn connect(socket: &Path) -> BufReader<UnixStream> {
    let mut stream = None;
    wait_for("the socket", || {
        stream = UnixStream::connect(socket).ok();
        stream.is_some()
    });
    let stream = stream.unwrap();
    stream.set_read_timeout(Some(common::SOON)).unwrap();
    BufReader::new(stream)
}

fn ask(client: &mut BufReader<UnixStream>, line: &str) -> Value {
    client.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_line(&mut answer).unwrap();
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[test]
fn serve_answers_several_clients_of_a_socket_some_of_them_hostile() {
    let program = Program::new("mips32");
    let socket = program.path().join("socket");
    let args = || program.args("serve").into_iter().chain(["--socket".into(), socket.clone().into()]);
    let server = Running::start(program.path(), args());
    let (mut one, mut other) = (connect(&socket), connect(&socket));
    // Half a request, for as long as the test takes; a line without end; clients that leave without reading.
    let mut slow = connect(&socket);
    slow.get_mut().write_all(br#"{"jsonrpc":"2.0","#).unwrap();
    let mut endless = connect(&socket);
    endless.get_mut().write_all(&vec![b'['; 1 << 20]).unwrap();
    for _ in 0..100 {
        let mut rude = connect(&socket);
        rude.get_mut().write_all(format!("{}\n", request("proof", 1)).as_bytes()).unwrap();
    }
    for &step in program.steps.iter().rev() {
        assert_eq!(ask(&mut one, &request("stateHash", step))["result"], program.proof(step)["pre"]);
        assert_eq!(ask(&mut other, &request("proof", step))["result"], program.proof(step));
    }
    run(program.path(), args()).exits(1).says(&["cannot listen on"]);
    // The half request, completed.
    assert_eq!(ask(&mut slow, r#""id":5,"method":"nothing"}"#)["error"]["code"], -32601);
    assert_eq!(ask(&mut one, SHUTDOWN)["id"], "s");
    server.end().exits(0).says(&["listening on"]);
    assert!(!socket.exists());
    let mut rest = Vec::new();
    assert_eq!(other.read_to_end(&mut rest).unwrap(), 0, "the server is gone");
}

#[test]
fn serve_replaces_a_socket_that_nobody_listens_on() {
    let program = Program::new("rv64");
    let socket = program.path().join("socket");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let args = program.args("serve").into_iter().chain(["--socket".into(), socket.clone().into()]);
    let server = Running::start(program.path(), args);
    assert_eq!(ask(&mut connect(&socket), SHUTDOWN)["id"], "s");
    server.end().exits(0);
    fs::write(&socket, "a file").unwrap();
    let args = program.args("serve").into_iter().chain(["--socket".into(), socket.clone().into()]);
    run(program.path(), args).exits(1).says(&["cannot listen on"]);
    assert_eq!(fs::read(&socket).unwrap(), b"a file", "a file that is no socket stays");
}
