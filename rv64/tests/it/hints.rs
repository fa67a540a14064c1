//! Hints and output: what a guest says to the world outside.

use std::convert::Infallible;

use engine::{RunError, verify};
use isa_traits::{Console, Hash, Oracle, Stream};
use rv64::{AsteriscRv64, Op};

use crate::testing::{After, Before, HelloWorld, PC, RD, same_memory, set};

type Bytes = Vec<u8>;

/// Where long messages lie: a page of its own, and the next ones.
const MESSAGE: u64 = 0x10_0000;

/// Notes the hints it gets.
#[derive(Default)]
struct Noted(Vec<Vec<u8>>);

impl Oracle for Noted {
    type Error = Infallible;

    fn hint(&mut self, hint: &[u8]) -> Result<(), Infallible> {
        self.0.push(hint.to_vec());
        Ok(())
    }

    fn get(&mut self, _: &Hash) -> Result<&[u8], Infallible> {
        unreachable!("a hint reads no pre-image")
    }
}

/// Notes the output it gets.
#[derive(Default)]
struct Screen(Vec<(Stream, Vec<u8>)>);

impl Console for Screen {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        match self.0.last_mut() {
            Some((last, text)) if *last == stream => text.extend_from_slice(bytes),
            _ => self.0.push((stream, bytes.to_vec())),
        }
    }
}

fn write(fd: u64, at: u64, count: u64) -> Before {
    Before::new(Op::Ecall.row().bits).x(17, 64).x(RD, fd).x(11, at).x(12, count)
}

/// Writes `bytes` as hints, after `pending`; only a0 and a1 change. Yields what is pending then.
fn hint(oracle: &mut Noted, at: u64, bytes: &[u8], pending: Vec<u8>) -> Vec<u8> {
    let before = write(4, at, bytes.len() as u64).bytes(at, bytes);
    let mut vm = After::new(AsteriscRv64, before.state.clone(), before.memory.clone(), pending);
    vm.run(1, oracle, &mut ()).unwrap();
    let wanted = before.retired(|state| {
        set(state, RD, bytes.len() as u64);
        set(state, 11, 0);
    });
    assert_eq!(vm.state(), &wanted);
    assert!(same_memory(vm.memory(), &before.memory));
    vm.last_hint().to_vec()
}

/// A hint with its length, big-endian in 4 bytes, before it.
fn framed(hint: &[u8]) -> Vec<u8> {
    [&(hint.len() as u32).to_be_bytes(), hint].concat()
}

fn text(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| n as u8).collect()
}

#[test]
fn a_hint_is_passed_on_once_it_is_complete() {
    #[rustfmt::skip]
    let cases: [(Vec<Bytes>, Vec<Bytes>, Bytes); 10] = [
        // writes, hints, what is pending
        (vec![vec![]],                                  vec![],                           vec![]),
        (vec![vec![0; 3]],                              vec![],                           vec![0; 3]),
        (vec![vec![0; 4]],                              vec![vec![]],                     vec![]),
        (vec![framed(b"x")],                            vec![b"x".to_vec()],              vec![]),
        (vec![vec![0, 0], vec![0, 2, b'a'], vec![b'b']], vec![b"ab".to_vec()],            vec![]),
        (vec![framed(b"abc")[..6].to_vec()],            vec![],                           framed(b"abc")[..6].to_vec()),
        (vec![[framed(b"one"), framed(b""), framed(b"two")].concat()],
                                                        vec![b"one".to_vec(), vec![], b"two".to_vec()], vec![]),
        (vec![[framed(b"one"), vec![0, 0]].concat()],   vec![b"one".to_vec()],            vec![0, 0]),
        (vec![[framed(b"one"), vec![0, 0]].concat(), vec![0, 1, 9]],
                                                        vec![b"one".to_vec(), vec![9]],   vec![]),
        (vec![vec![0xff; 4], vec![7]],                  vec![],                           vec![0xff, 0xff, 0xff, 0xff, 7]),
    ];
    for (writes, hints, left) in cases {
        let mut noted = Noted::default();
        let pending =
            writes.iter().fold(Vec::new(), |pending, bytes| hint(&mut noted, MESSAGE + 29, bytes, pending));
        assert_eq!((noted.0, pending), (hints, left), "{writes:?}");
    }
}

/// Bytes go out page by page; what a hint is does not depend on it.
#[test]
fn hints_of_any_length_come_out_whole() {
    for bytes in [1, 4091, 4092, 4093, 4096, 4097, 8188, 8192, 20_000] {
        for at in [MESSAGE, MESSAGE + 1, MESSAGE + 4095] {
            let mut noted = Noted::default();
            let both = [framed(&text(bytes)), framed(b"next")].concat();
            assert!(hint(&mut noted, at, &both, Vec::new()).is_empty());
            assert_eq!(noted.0, [text(bytes), b"next".to_vec()], "{bytes} at {at:#x}");
        }
    }
}

#[test]
fn hints_may_be_written_byte_by_byte() {
    let mut noted = Noted::default();
    let bytes = [framed(b"hello"), framed(b""), framed(b"world!")].concat();
    let pending = bytes.iter().fold(Vec::new(), |pending, byte| hint(&mut noted, MESSAGE, &[*byte], pending));
    assert_eq!((noted.0, pending), (vec![b"hello".to_vec(), vec![], b"world!".to_vec()], vec![]));
}

#[test]
fn output_comes_out_in_order_and_by_stream() {
    for (fd, stream) in [(1, Stream::Output), (2, Stream::Error)] {
        for (at, bytes) in [(MESSAGE, 1), (MESSAGE + 4090, 12), (MESSAGE + 5, 10_000), (u64::MAX - 3, 8)] {
            let before = write(fd, at, bytes as u64).bytes(at, &text(bytes));
            let (mut vm, mut screen) = (before.vm(), Screen::default());
            vm.run(1, &mut HelloWorld, &mut screen).unwrap();
            assert_eq!(screen.0, [(stream, text(bytes))], "{bytes} at {at:#x}");
        }
    }
    let mut screen = Screen::default();
    write(1, MESSAGE, 0).vm().run(1, &mut HelloWorld, &mut screen).unwrap();
    assert_eq!(screen.0, []);
}

/// Counts the bytes it gets.
#[derive(Default)]
struct Counting(u64);

impl Console for Counting {
    fn write(&mut self, _: Stream, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }
}

/// Such a write succeeds on chain. A run passes on its first 64 MiB; the step is that of any other write.
#[test]
fn a_write_beyond_all_memory_succeeds_and_verifies() {
    const PASSED_ON: u64 = 64 << 20;
    for (fd, count, printed) in [(1, PASSED_ON + 1, PASSED_ON), (2, u64::MAX, PASSED_ON), (4, 1 << 63, 0)] {
        // As a hint, one that does not end.
        let before = write(fd, MESSAGE, count).bytes(MESSAGE, &u32::MAX.to_be_bytes());
        let wanted = before.retired(|state| {
            set(state, RD, count);
            set(state, 11, 0);
        });
        let mut vm = before.vm();
        let witness = vm.witness();
        let mut console = Counting::default();
        vm.run(1, &mut HelloWorld, &mut console).unwrap();
        assert_eq!((vm.state(), console.0), (&wanted, printed));
        assert_eq!(vm.last_hint().len() as u64, if fd == 4 { PASSED_ON } else { 0 });

        let mut proof = Vec::new();
        before.memory.clone().path(PC, |hash| proof.extend_from_slice(hash));
        let (witness, _) = verify(&AsteriscRv64, &witness, &proof, None).unwrap();
        assert_eq!(witness, vm.witness());
    }
}

/// Takes one hint and refuses the next.
struct Deaf(usize);

impl Oracle for Deaf {
    type Error = core::fmt::Error;

    fn hint(&mut self, _: &[u8]) -> Result<(), core::fmt::Error> {
        self.0 += 1;
        if self.0 > 1 { Err(core::fmt::Error) } else { Ok(()) }
    }

    fn get(&mut self, _: &Hash) -> Result<&[u8], core::fmt::Error> {
        unreachable!("a hint reads no pre-image")
    }
}

/// The step is not made, so that a run that goes on later makes it whole.
#[test]
fn a_hint_that_nobody_takes_leaves_the_machine_as_it_was() {
    let bytes = [framed(b"one"), framed(b"two")].concat();
    let before = write(4, MESSAGE, bytes.len() as u64).bytes(MESSAGE, &bytes);
    let mut vm = After::new(AsteriscRv64, before.state.clone(), before.memory.clone(), Vec::new());
    for oracle in [Deaf(0), Deaf(1)].iter_mut() {
        assert!(matches!(vm.run(1, oracle, &mut ()), Err(RunError::Oracle { step: 0, .. })));
        assert_eq!((vm.state(), vm.last_hint()), (&before.state, [].as_slice()));
    }
    let mut oracle = Noted::default();
    vm.run(1, &mut oracle, &mut ()).unwrap();
    assert_eq!(oracle.0, [b"one".to_vec(), b"two".to_vec()]);
}
