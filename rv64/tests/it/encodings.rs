//! The opcode map: which encodings Asterisc v1.3.0 accepts, and as what.

use isa_traits::{Isa as _, Reg, Target as _, Trap};
use rv64::{AsteriscRv64, Op, Rv64};

use crate::testing::{Before, RD, Random, same_memory, set};

/// What Asterisc makes of an encoding, written down from rvgo/fast/vm.go:587-1002 as nested cases.
fn opcode_map(raw: u32) -> Result<&'static str, Trap> {
    use Trap::{ReservedEncoding, StoreWidth, UnknownOpcode};
    let (funct3, funct7, imm) = (raw >> 12 & 7, raw >> 25, raw >> 20);
    let one_of = |names: [&'static str; 8], refused: Trap| match names[funct3 as usize] {
        "" => Err(refused),
        name => Ok(name),
    };
    let by_sign = |plain, signed| match funct7 {
        0x00 => Ok(plain),
        0x20 => Ok(signed),
        _ => Err(ReservedEncoding),
    };
    match raw & 0x7f {
        0x03 => one_of(["lb", "lh", "lw", "ld", "lbu", "lhu", "lwu", ""], ReservedEncoding),
        0x23 => one_of(["sb", "sh", "sw", "sd", "", "", "", ""], StoreWidth),
        0x63 => {
            let never = "branch.never";
            one_of(["beq", "bne", never, never, "blt", "bge", "bltu", "bgeu"], UnknownOpcode)
        }
        0x13 if funct3 == 5 => match imm >> 6 {
            0x00 => Ok("srli"),
            0x10 => Ok("srai"),
            _ => Err(ReservedEncoding),
        },
        0x13 => one_of(["addi", "slli", "slti", "sltiu", "xori", "", "ori", "andi"], ReservedEncoding),
        0x1b => match funct3 {
            0 => Ok("addiw"),
            1 | 5 if imm >> 5 & 1 == 1 => Err(ReservedEncoding),
            1 => Ok("slliw"),
            5 => by_sign("srliw", "sraiw"),
            _ => Err(ReservedEncoding),
        },
        0x33 if funct7 == 1 => {
            one_of(["mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu"], ReservedEncoding)
        }
        0x33 => match funct3 {
            0 => by_sign("add", "sub"),
            5 => by_sign("srl", "sra"),
            _ => one_of(["", "sll", "slt", "sltu", "xor", "", "or", "and"], ReservedEncoding),
        },
        0x3b if funct7 == 1 => {
            one_of(["mulw", "", "", "", "divw", "divuw", "remw", "remuw"], ReservedEncoding)
        }
        0x3b => match funct3 {
            0 => by_sign("addw", "subw"),
            1 => Ok("sllw"),
            5 => by_sign("srlw", "sraw"),
            _ => Err(ReservedEncoding),
        },
        0x37 => Ok("lui"),
        0x17 => Ok("auipc"),
        0x6f => Ok("jal"),
        0x67 => Ok("jalr"),
        0x73 => Ok(match (funct3, imm) {
            (0, 0) => "ecall",
            (0, _) => "system.nop",
            _ => "csr",
        }),
        0x2f => atomic(funct3, raw >> 27),
        0x0f => Ok("fence"),
        0x07 => Ok("fp.load"),
        0x27 => Ok("fp.store"),
        0x53 => Ok("fp.op"),
        _ => Err(UnknownOpcode),
    }
}

const fn atomic(funct3: u32, funct5: u32) -> Result<&'static str, Trap> {
    let [word, double] = match funct5 {
        0x00 => ["amoadd.w", "amoadd.d"],
        0x01 => ["amoswap.w", "amoswap.d"],
        0x02 => ["lr.w", "lr.d"],
        0x03 => ["sc.w", "sc.d"],
        0x04 => ["amoxor.w", "amoxor.d"],
        0x08 => ["amoor.w", "amoor.d"],
        0x0c => ["amoand.w", "amoand.d"],
        0x10 => ["amomin.w", "amomin.d"],
        0x14 => ["amomax.w", "amomax.d"],
        0x18 => ["amominu.w", "amominu.d"],
        0x1c => ["amomaxu.w", "amomaxu.d"],
        _ => ["amo.unknown.w", "amo.unknown.d"],
    };
    match funct3 {
        2 => Ok(word),
        3 => Ok(double),
        _ => Err(Trap::AtomicWidth),
    }
}

/// What an encoding is once it is executed: a row that stands for a refusal counts as one.
fn decoded(raw: u32) -> Result<&'static str, Trap> {
    match Rv64::decode(raw)?.op {
        Op::NoMulhw => Err(Trap::ReservedEncoding),
        op => Ok(op.mnemonic()),
    }
}

/// All 2^22 values of opcode, funct3 and the upper twelve bits; the fields of rd and rs1 are random.
#[test]
fn every_encoding_is_read_as_the_opcode_map_has_it() {
    let mut rng = Random::new(1);
    for upper in 0..1 << 12 {
        for lower in 0..1 << 10 {
            let fields = rng.next() as u32 & 0x000f_8f80;
            let raw = upper << 20 | (lower >> 7) << 12 | lower & 0x7f | fields;
            assert_eq!(decoded(raw), opcode_map(raw), "{raw:#010x}");
        }
    }
}

/// Compressed instructions, and nothing: no accepted opcode ends in other bits than 0b11.
#[test]
fn sixteen_bit_encodings_are_unknown() {
    for raw in (0..=0xffff).filter(|raw| raw & 3 != 3) {
        assert_eq!(Rv64::decode(raw), Err(Trap::UnknownOpcode), "{raw:#06x}");
    }
}

/// The codes of rvgo/riscv/constants.go:42-57, for an encoding each.
#[test]
fn refusals_have_the_references_codes() {
    #[rustfmt::skip]
    let cases = [
        (0x0000_0000, "0xf001c0de"),    // nothing
        (0x0000_0001, "0xf001c0de"),    // c.nop
        (0x0020_8043, "0xf001c0de"),    // fmadd.s: other floating point does nothing
        (0x0020_8047, "0xf001c0de"),    // fmsub.s
        (0x0020_804b, "0xf001c0de"),    // fnmsub.s
        (0x0020_804f, "0xf001c0de"),    // fnmadd.s
        (0x0220_8057, "0xf001c0de"),    // vadd.vv
        (0x0000_000b, "0xf001c0de"),    // custom-0
        (0x0000_7003, "0xbadc0de"),     // a load of funct3 7
        (0x0000_4023, "0xbad512e8"),    (0x0000_5023, "0xbad512e8"),    // stores of 16 to 128 bytes
        (0x0000_6023, "0xbad512e8"),    (0x0000_7023, "0xbad512e8"),
        (0x0400_5013, "0xbadc0de"),     (0xc000_5013, "0xbadc0de"),     // srli, srai with a further bit
        (0x0200_101b, "0xbadc0de"),     (0x0200_501b, "0xbadc0de"),     // slliw, srliw by 32
        (0x4200_501b, "0xbadc0de"),     (0x0000_201b, "0xbadc0de"),
        (0x0400_0033, "0xbadc0de"),     (0x0400_5033, "0xbadc0de"),     // add, srl of another funct7
        (0x0400_003b, "0xbadc0de"),     (0x0400_503b, "0xbadc0de"),     (0x0000_203b, "0xbadc0de"),
        (0x0200_103b, "0xbadc0de"),     (0x0200_203b, "0xbadc0de"),     (0x0200_303b, "0xbadc0de"),
        (0x0000_002f, "0xbada70"),      (0x0000_102f, "0xbada70"),      (0x0000_402f, "0xbada70"),
        (0x2800_202f, "0xf001a70"),     (0x2800_302f, "0xf001a70"),     // amo, at address 0
        (0x0020_006f, "0xbad10ad0"),    // jal to pc + 2
    ];
    for (raw, code) in cases {
        let trap = Before::new(raw).step().err().unwrap();
        assert_eq!(AsteriscRv64.reference_error(trap), code, "{raw:#010x}: {trap}");
    }
    #[rustfmt::skip]
    let traps = [
        (Trap::MisalignedAtomic, "0xbad10ad0"), (Trap::MisalignedFetch, "0xbad22220"),
        (Trap::RefusedCall(101), "0xf001ca11"), (Trap::UnknownResource(1), "0xf0012"),
        (Trap::PreimageOffset, "0xbadf00d0"),   (Trap::Access, "0xbadf00d1"),
    ];
    for (trap, code) in traps {
        assert_eq!(AsteriscRv64.reference_error(trap), code, "{trap}");
    }
}

/// Reference: encodings that the manual reserves or gives to other extensions, and that Asterisc executes as
/// the instruction whose remaining bits they have.
#[test]
fn lenient_encodings_do_as_their_strict_ones() {
    #[rustfmt::skip]
    let cases = [
        // lenient, strict
        (0x4094_7533, 0x0094_7533),    // andn (Zbb) is and
        (0x4094_6533, 0x0094_6533),    // orn is or
        (0x4094_4533, 0x0094_4533),    // xnor is xor
        (0x6094_1533, 0x0094_1533),    // rol is sll
        (0x2094_2533, 0x0094_2533),    // sh1add is slt
        (0xfe94_3533, 0x0094_3533),    // sltu
        (0x6094_153b, 0x0094_153b),    // rolw is sllw
        (0x6054_1513, 0x0054_1513),    // sext.h is slli by 5
        (0xfc54_1513, 0x0054_1513),    // slli
        (0xfc54_151b, 0x0054_151b),    // slliw
        (0x0094_0567 | 7 << 12, 0x0094_0567),    // jalr of funct3 7
    ];
    for (lenient, strict) in cases {
        // rs1 may be a target of a jump.
        let step = |raw| Before::new(raw).x(8, 0x7ffb).x(9, 3).step().unwrap();
        assert_eq!(step(lenient).state(), step(strict).state(), "{lenient:#010x}");
    }
}

/// Reference: what goes on outside the base set does nothing, whatever its fields.
#[test]
fn what_has_no_meaning_does_nothing() {
    #[rustfmt::skip]
    let cases = [
        0x0010_0073,    // ebreak
        0x3020_0073,    // mret
        0x1020_0073,    // sret
        0x1050_0073,    // wfi
        0x1200_0073,    // sfence.vma
        0xfff4_0573,    // any other of funct3 0
        0x0ff0_000f,    // fence
        0x8330_000f,    // fence.tso
        0x0000_100f,    // fence.i
        0x0004_750f,    // a fence of funct3 7, with fields
        0x0084_3507,    // fld
        0x00a4_3427,    // fsd
        0x0294_7553,    // fadd.d
        0xc204_7553,    // fcvt.w.d x10: rd is left alone
        0xe204_0553,    // fmv.x.d x10
    ];
    for raw in cases {
        let before = Before::new(raw);
        let (after, paths) = before.proven();
        assert_eq!(after.state(), &before.retired(|_| ()), "{raw:#010x}");
        assert!(same_memory(after.memory(), &before.memory), "{raw:#010x}");
        assert_eq!(paths, 1, "{raw:#010x}");
    }
}

/// Reference: a control and status register reads as 0, and writes vanish; funct3 4 is no exception.
#[test]
fn csr_instructions_clear_rd() {
    for funct3 in 1..8 {
        for csr in [0x001, 0x300, 0x340, 0xc00, 0xf14, 0xfff] {
            for rs1 in [0, 8, 31] {
                let before = Before::new(csr << 20 | rs1 << 15 | funct3 << 12 | RD << 7 | 0x73);
                let wanted = before.retired(|state| set(state, RD, 0));
                assert_eq!(before.step().unwrap().state(), &wanted, "csr {csr:#x}, funct3 {funct3}");
            }
        }
    }
}

/// Reference: the fields of rd and rs1 of ECALL are not looked at.
#[test]
fn ecall_ignores_its_fields() {
    for raw in [0x0000_0073, 0x000f_8073, 0x0000_0f73, 0x000f_8ff3] {
        assert_eq!(Rv64::decode(raw).map(|insn| insn.op), Ok(Op::Ecall));
        let before = Before::new(raw).x(17, 172);
        let wanted = before.retired(|state| {
            set(state, 10, 0);
            set(state, 11, 0);
        });
        assert_eq!(before.proven().0.state(), &wanted, "{raw:#010x}");
    }
    assert_eq!(Reg::dest(0), Reg::SINK);
}
