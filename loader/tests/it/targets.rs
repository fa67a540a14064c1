//! The targets of the tests.

use isa_traits::{Abi, ByteOrder, Elf, Fields, HartOf, Reg, State, StateFiles, Target, Trap};
pub(crate) use rv64::AsteriscRv64 as Rv64;

/// Cannon's ELF files and addresses. The registers are RV64's: nothing runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mips32;

impl Target for Mips32 {
    type Isa = rv64::Rv64;

    const NAME: &'static str = "cannon-mips32";
    const WITNESS_BYTES: usize = 226;
    const ADDRESS_BITS: u32 = 32;
    const PROOF_PATHS: Option<usize> = Rv64::PROOF_PATHS;
    const LENIENT_EXITED: bool = false;
    const STATE_FILES: StateFiles = Rv64::STATE_FILES;

    fn version(&self) -> &'static str {
        "1.2.1"
    }
    fn abi(&self) -> &'static Abi {
        unreachable!("nothing runs")
    }
    fn elf(&self) -> &'static Elf {
        &MIPS32
    }
    fn reference_error(&self, _: Trap) -> &'static str {
        unreachable!("nothing runs")
    }
    fn fields<F: Fields>(&self, _: &mut State<HartOf<Self>>, _: &mut F) -> Result<(), F::Error> {
        unreachable!("nothing is hashed")
    }
}

/// Cannon, optimism d317e96 `cannon/mipsevm/program/patch.go`.
static MIPS32: Elf = Elf {
    machine: 8,
    is_64: false,
    byte_order: ByteOrder::Big,
    skipped_header: 0x7000_0003,
    image_end: Some(0x0500_0000),
    heap: 0x0500_0000,
    return_stub: &0x03e0_0008_0000_0000_u64.to_be_bytes(),
    zeroed_symbol: None,
    stack: (Reg::dest(29), 0x7fff_d000),
    stack_image: &[
        (0x7fff_9000, &[0; 0x5000]),
        (0x7fff_d000, &1_u32.to_be_bytes()),
        (0x7fff_d004, &0x7fff_d054_u32.to_be_bytes()),
        (0x7fff_d00c, &0x7fff_d038_u32.to_be_bytes()),
        (0x7fff_d014, &6_u32.to_be_bytes()),
        (0x7fff_d018, &4096_u32.to_be_bytes()),
        (0x7fff_d01c, &25_u32.to_be_bytes()),
        (0x7fff_d020, &0x7fff_d028_u32.to_be_bytes()),
        (0x7fff_d028, b"4;byfairdiceroll"),
        (0x7fff_d038, b"GODEBUG=memprofilerate=0"),
        (0x7fff_d054, b"op-program"),
    ],
};
