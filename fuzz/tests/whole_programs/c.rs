//! The guests of the benchmarks, in C.

use fpvm_bench::Guest;
use isa_traits::Target;

use crate::{MIPS32, RV64, Side};

fn end_alike<T: Target>(side: Side<T>, guests: &[Guest]) {
    if side.is_there() {
        guests.iter().for_each(|guest| side.ends_alike(guest.name, guest.elf));
    }
}

#[test]
fn rv64_guests_end_as_under_qemu() {
    end_alike(RV64, &fpvm_bench::RV64);
}

#[test]
fn mips32_guests_end_as_under_qemu() {
    end_alike(MIPS32, &fpvm_bench::MIPS32);
}
