//! Whole programs here and under qemu-user: what they print and how they exit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests as well")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::{env, fs};

use fpvm_bench::{Guest, no_preimages};
use isa_traits::{Console, Stream, Target};
use mips32::CannonMips32;
use rv64::AsteriscRv64;

/// Standard output and error, as the guest writes them.
#[derive(Default)]
struct Written([Vec<u8>; 2]);

impl Console for Written {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        self.0[usize::from(stream == Stream::Error)].extend(bytes);
    }
}

fn ends_as_under<T: Target>(target: T, qemu: &str, guests: &[Guest]) {
    if Command::new(qemu).arg("--version").output().is_err() {
        eprintln!(
            "NOT CHECKED: {qemu} is absent (Debian: qemu-user); whole programs of {} are not compared",
            T::NAME
        );
        return;
    }
    for guest in guests {
        let path = env::temp_dir().join(format!("fpvm-{}-{}-{}", std::process::id(), T::NAME, guest.name));
        fs::write(&path, guest.elf).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        let wanted = Command::new(qemu).arg(&path).output().unwrap();
        fs::remove_file(&path).unwrap();
        let (mut vm, mut written) = (guest.load(target).unwrap(), Written::default());
        vm.run(u64::MAX, &mut no_preimages(), &mut written).unwrap();
        assert_eq!(written.0, [wanted.stdout, wanted.stderr], "{guest:?}");
        assert_eq!(Some(i32::from(vm.state().exit_code)), wanted.status.code(), "{guest:?}");
        assert!(!written.0.concat().is_empty(), "{guest:?} prints nothing");
        println!("{} {guest:?}: {} steps, as under {qemu}", T::NAME, vm.state().step);
    }
}

#[test]
fn rv64_guests_end_as_under_qemu() {
    ends_as_under(AsteriscRv64, "qemu-riscv64", &fpvm_bench::RV64);
}

#[test]
fn mips32_guests_end_as_under_qemu() {
    ends_as_under(CannonMips32::default(), "qemu-mips", &fpvm_bench::MIPS32);
}
