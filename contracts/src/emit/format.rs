//! Where the operands stand in an encoding, found by asking the format about every bit.

use core::fmt::{Display, Write as _};

use isa_traits::{Insn, Reg};

/// A format, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Format {
    /// The register written, unless it is none.
    pub(super) rd: Option<Rd>,
    /// The lowest bit of the field of the first register read, and of the second.
    pub(super) rs1: u32,
    pub(super) rs2: u32,
    /// The immediate, unless there is none.
    pub(super) imm: Option<Imm>,
}

/// The register written: a field of the encoding, or always the same.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rd {
    Field(u32),
    Always(u8),
}

impl Display for Rd {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Field(low) => f.write_str(&shifted(*low)),
            Self::Always(number) => write!(f, "{number}"),
        }
    }
}

/// The encoding with bit `low` at the bottom.
pub(super) fn shifted(low: u32) -> String {
    if low == 0 { "raw".to_owned() } else { format!("raw >> {low}") }
}

/// An immediate: runs of bits, highest first, that keep their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Imm(Vec<Run>);

/// Bits `low..=high` of the encoding, which begin at bit `to` of the immediate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    high: u32,
    low: u32,
    to: u32,
    /// Whether the highest bit is the sign: it fills the immediate, and the word beyond its 32 bits.
    signed: bool,
}

impl Format {
    /// Takes a format apart.
    pub(super) fn of<Op: Copy>(op: Op, format: fn(Op, u32) -> Insn<Op>) -> Self {
        let field = |register: fn(&Insn<Op>) -> Reg| {
            (0..32).find(|bit| register(&format(op, 1 << bit)).number() == 1).unwrap_or_default()
        };
        let none = format(op, 0).rd;
        let rd = match none.number() {
            0 => unreachable!("a destination is never register 0"),
            32 => {
                Some(field(|insn| insn.rd)).filter(|&low| format(op, 1 << low).rd != Reg::SINK).map(Rd::Field)
            }
            number => Some(Rd::Always(number)),
        };
        let imm = Imm::of(|raw| format(op, raw).imm);
        Self { rd, rs1: field(|insn| insn.rs1), rs2: field(|insn| insn.rs2), imm }
    }
}

impl Imm {
    fn of(imm: impl Fn(u32) -> i32) -> Option<Self> {
        let mut runs: Vec<Run> = Vec::new();
        for bit in 0..32 {
            let goes = imm(1 << bit) as u32;
            if goes == 0 {
                continue;
            }
            let to = goes.trailing_zeros();
            let signed = goes >> 31 == 1;
            match runs.last_mut() {
                Some(run) if run.high + 1 == bit && run.to + (bit - run.low) == to && !run.signed => {
                    run.high = bit;
                    run.signed = signed;
                }
                _ => runs.push(Run { high: bit, low: bit, to, signed }),
            }
        }
        runs.sort_by_key(|run| core::cmp::Reverse(run.to));
        if runs.is_empty() { None } else { Some(Self(runs)) }
    }

    /// The immediate as the runs have it: what [`of`](Imm::of) must not have misunderstood.
    pub(super) fn value(&self, raw: u32) -> i32 {
        self.0.iter().fold(0, |imm, run| {
            let top = raw << (31 - run.high);
            let by = 31 - run.high + run.low;
            imm | if run.signed { (top as i32 >> by) << run.to } else { ((top >> by) << run.to) as i32 }
        })
    }

    /// The name of the function that yields it: the bits of the encoding, in the order of the immediate, whether the
    /// highest is a sign, and where the lowest goes.
    pub(super) fn name(&self) -> String {
        let signed = self.0.iter().any(|run| run.signed);
        let mut name = if signed { "simm".to_owned() } else { "imm".to_owned() };
        for Run { high, low, .. } in &self.0 {
            let _ = if high == low { write!(name, "_{high}") } else { write!(name, "_{high}_{low}") };
        }
        if let Some(Run { to: to @ 1.., .. }) = self.0.last() {
            let _ = write!(name, "_at_{to}");
        }
        name
    }

    /// The function that yields it.
    pub(super) fn function(&self, bits: u32) -> String {
        let part = |run: &Run| {
            let (top, by) = (255 - run.high, 255 - run.high + run.low);
            let bits = if run.signed {
                format!("uint256(int256(raw << {top}) >> {by})")
            } else {
                format!("raw << {top} >> {by}")
            };
            if run.to == 0 { bits } else { format!("({bits}) << {}", run.to) }
        };
        let parts: Vec<String> = self.0.iter().map(part).collect();
        let name = self.name();
        format!(
            "    function {name}(uint256 raw) private pure returns (W{bits}) {{\n        \
             return W{bits}.wrap(uint{bits}({}));\n    }}\n",
            parts.join(" | ")
        )
    }
}
