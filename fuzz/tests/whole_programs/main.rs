//! Whole programs here and under qemu-user: what they print and how they exit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

mod c;
mod go;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::Vm;
use fpvm_bench::no_preimages;
use isa_traits::{Console, Stream, Target};
use jit::{Jit, Options, Schedule};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

/// A target, and who else runs its programs.
#[derive(Clone, Copy)]
struct Side<T> {
    target: T,
    qemu: &'static str,
}

const RV64: Side<AsteriscRv64> = Side { target: AsteriscRv64, qemu: "qemu-riscv64" };
const MIPS32: Side<CannonMips32> = Side { target: CannonMips32::LATEST, qemu: "qemu-mips" };

/// Standard output and error, as the guest writes them.
#[derive(Default)]
struct Written([Vec<u8>; 2]);

impl Console for Written {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        self.0[usize::from(stream == Stream::Error)].extend(bytes);
    }
}

/// Whatever is executed a few times is compiled, before it is executed again.
const COMPILED: Options = Options { threshold: 8, schedule: Schedule::Immediate };

impl<T: Target> Side<T> {
    /// Whether there is somebody to compare with; says so if not.
    fn is_there(&self) -> bool {
        let there = Command::new(self.qemu).arg("--version").output().is_ok();
        if !there {
            eprintln!(
                "NOT CHECKED: {} is absent (Debian: qemu-user); whole programs of {} are not compared",
                self.qemu,
                T::NAME
            );
        }
        there
    }

    /// The machine about to run a program.
    fn load(&self, elf: &[u8]) -> Vm<T> {
        let loaded = loader::load(&self.target, elf, loader::Options::default()).unwrap();
        Vm::new(self.target, loaded.state, loaded.memory, Vec::new())
    }

    /// Runs a program here, interpreted and compiled, and there: it must print the same and exit alike.
    fn ends_alike(&self, name: &str, elf: &[u8]) {
        let path = scratch(&format!("{name}.{}.elf", T::NAME));
        fs::write(&path, elf).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        let wanted = Command::new(self.qemu).arg(&path).env_clear().output().unwrap();
        let mut hashes = Vec::new();
        for compiled in [false, true] {
            let (mut vm, mut written) = (self.load(elf), Written::default());
            if compiled {
                vm.set_tier(Box::new(Jit::new(COMPILED)));
            }
            vm.run(u64::MAX, &mut no_preimages(), &mut written).unwrap();
            for (found, wanted) in written.0.iter().zip([&wanted.stdout, &wanted.stderr]) {
                assert!(
                    found == wanted,
                    "{name}, compiled: {compiled}: {}\nunder {}: {}",
                    String::from_utf8_lossy(found),
                    self.qemu,
                    String::from_utf8_lossy(wanted)
                );
            }
            assert_eq!(Some(i32::from(vm.state().exit_code)), wanted.status.code(), "{name}");
            assert!(!written.0.concat().is_empty(), "{name} prints nothing");
            hashes.push((vm.state().step, vm.state_hash()));
        }
        assert_eq!(hashes[0], hashes[1], "{name}: compiled code ends in another state");
        println!("{} {name}: {} steps, as under {}", T::NAME, hashes[0].0, self.qemu);
    }
}

/// A file for the duration of the tests, and after.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole-programs");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}
