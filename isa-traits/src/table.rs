//! The table of an instruction set: one row an instruction, everything else derived.

use crate::Insn;

/// How one row of a table is recognised and taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Row<Op> {
    /// The bits of an encoding that are fixed.
    pub mask: u32,
    /// Their values.
    pub bits: u32,
    /// Takes the operands from an encoding.
    pub format: fn(Op, u32) -> Insn<Op>,
}

/// For every value of the key bits, the rows that can match it: bit `i` stands for row `i`.
///
/// `spread` puts a key in place among the 32 bits of an instruction, and `key_mask` holds the bits it covers;
/// a table of at most 128 rows is then searched by looking at a few rows.
pub const fn candidates<const ROWS: usize, const KEYS: usize>(
    rows: [(u32, u32); ROWS],
    key_mask: u32,
    spread: [u32; KEYS],
) -> [u128; KEYS] {
    assert!(ROWS <= 128, "a table has at most 128 rows");
    let mut found = [0; KEYS];
    let mut key = 0;
    while key < KEYS {
        let mut row = 0;
        while row < ROWS {
            let (mask, bits) = rows[row];
            if (spread[key] ^ bits) & mask & key_mask == 0 {
                found[key] |= 1 << row;
            }
            row += 1;
        }
        key += 1;
    }
    found
}

/// Declares an instruction set's table.
///
/// Each row is: doc comment, variant, mnemonic, `mask / match` (riscv-opcodes' words for the fixed bits and
/// their values), format, and the function that is the meaning. **The first row that matches an encoding
/// wins**, so rows that a reference reads leniently stand below the exact ones. `key` names two bit fields,
/// `(shift, bits)`, by which rows are looked up. `common` names rows that programs often execute one after the
/// other, where they lie one after the other: rows of the first list before rows of either.
///
/// Declared are the enum, its `ALL` rows, `mnemonic`, `row`, `lookup` (an encoding's row, if any), `execute`
/// and `meaning`.
#[macro_export]
macro_rules! isa {
    (
        $(#[$enum_doc:meta])*
        pub enum $op:ident of $isa:ty, key ($low_shift:literal, $low_bits:literal) ($high_shift:literal, $high_bits:literal),
            common [$($leader:ident)*] then [$($follower:ident)*];
        $( $(#[$doc:meta])* $variant:ident $name:literal = $mask:literal / $bits:literal => $format:path, $meaning:path; )*
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $op { $( $(#[$doc])* $variant, )* }

        impl $op {
            /// Every row, in the order of the table.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            const LEADERS: &'static [Self] = &[$( Self::$leader, )*];
            const FOLLOWERS: &'static [Self] = &[$( Self::$follower, )*];

            const fn is_one_of(self, rows: &[Self]) -> bool {
                let mut row = 0;
                while row < rows.len() {
                    if rows[row] as u8 == self as u8 {
                        return true;
                    }
                    row += 1;
                }
                false
            }

            const KEYS: usize = 1 << ($low_bits + $high_bits);
            const CANDIDATES: [u128; Self::KEYS] = {
                let mut spread = [0; Self::KEYS];
                let mut key = 0;
                while key < Self::KEYS {
                    let low = key as u32 & ((1 << $low_bits) - 1);
                    let high = key as u32 >> $low_bits;
                    spread[key] = low << $low_shift | high << $high_shift;
                    key += 1;
                }
                $crate::candidates([$( ($mask, $bits), )*], spread[Self::KEYS - 1], spread)
            };

            /// The name an assembler gives the instruction.
            pub const fn mnemonic(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// The row of the instruction.
            pub const fn row(self) -> $crate::Row<Self> {
                match self { $( Self::$variant => $crate::Row { mask: $mask, bits: $bits, format: $format }, )* }
            }

            /// The first row that matches an encoding.
            pub fn lookup(raw: u32) -> Option<Self> {
                let low = raw >> $low_shift & ((1 << $low_bits) - 1);
                let high = raw >> $high_shift & ((1 << $high_bits) - 1);
                let mut rows = Self::CANDIDATES[(low | high << $low_bits) as usize];
                while rows != 0 {
                    let op = Self::ALL[rows.trailing_zeros() as usize];
                    let row = op.row();
                    if raw & row.mask == row.bits {
                        return Some(op);
                    }
                    rows &= rows - 1;
                }
                None
            }

            /// Does what the instruction means to machine `m`.
            ///
            /// # Errors
            /// The trap of an instruction that is refused.
            #[inline(always)]
            pub fn execute<M: Hart>(self, m: &mut M, o: $crate::Operands<M::Word>) -> $crate::Exec {
                match self { $( Self::$variant => $meaning(m, o), )* }
            }

            /// Shows the meaning of the instruction, as a type, to a visitor.
            pub fn meaning<V: $crate::Visitor<$isa>>(self, visitor: V) -> V::Out {
                match self {
                    $( Self::$variant => {
                        struct Row;
                        impl $crate::Meaning<$isa> for Row {
                            const LEADS: bool = $op::$variant.is_one_of($op::LEADERS);
                            const FOLLOWS: bool = Self::LEADS || $op::$variant.is_one_of($op::FOLLOWERS);

                            #[inline(always)]
                            fn execute<M: Hart>(m: &mut M, o: $crate::Operands<M::Word>) -> $crate::Exec {
                                $meaning(m, o)
                            }
                        }
                        visitor.visit::<Row>()
                    } )*
                }
            }
        }
    };
}
