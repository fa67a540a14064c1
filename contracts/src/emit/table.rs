//! The file of an instruction set's meanings: a function for each row, and the decoder that calls them.

use core::fmt::Debug;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use isa_traits::{Exec, Insn, Isa, Machine, Operands, Row, Target, Trap};

use super::format::Format;
use super::machine::Emit;
use super::spaced;

/// An instruction set whose rows can be listed and executed one by one.
pub(super) trait Table: Isa<Op: Debug, Special: Debug> {
    /// What the names of its files begin with.
    const FILE: &'static str;
    /// Every row, in the order of the table.
    fn rows() -> &'static [Self::Op];
    fn row(op: Self::Op) -> Row<Self::Op>;
    fn execute_row<M: Machine<Special = Self::Special>>(
        op: Self::Op,
        m: &mut M,
        o: Operands<M::Word>,
    ) -> Exec;
}

macro_rules! table {
    ($isa:ty, $file:literal, $op:ty) => {
        impl Table for $isa {
            const FILE: &'static str = $file;
            fn rows() -> &'static [$op] {
                <$op>::ALL
            }
            fn row(op: $op) -> Row<$op> {
                op.row()
            }
            fn execute_row<M: Machine<Special = Self::Special>>(
                op: $op,
                m: &mut M,
                o: Operands<M::Word>,
            ) -> Exec {
                op.execute(m, o)
            }
        }
    };
}

table!(rv64::Rv64, "Rv64", rv64::Op);
table!(mips32::Mips32, "Mips32", mips32::Op);

/// A row as it is printed.
struct Printed {
    name: String,
    mask: u32,
    bits: u32,
    /// The statements; none where the kernel answers.
    body: Option<String>,
}

/// The file of the meanings of `target`'s instruction set.
pub(super) fn file<T: Target<Isa: Table>, const BITS: u32>(target: &T) -> String {
    let mut imms = BTreeMap::new();
    let mut functions = String::new();
    let mut rows = Vec::new();
    for &op in T::Isa::rows() {
        let Row { mask, bits, format } = T::Isa::row(op);
        let name = T::Isa::mnemonic(op).replace('.', "_");
        let form = Format::of(op, format);
        check(&form, op, format);
        let mut machine = Emit::<T, BITS>::new(target, &form);
        let operands = machine.operands();
        let result = T::Isa::execute_row(op, &mut machine, operands);
        let body = if result == Err(Trap::EnvironmentCall) { None } else { Some(machine.finish(result)) };
        if let Some(body) = &body {
            let m = if body.contains("(m") { "uint256 m" } else { "uint256" };
            let raw = if body.contains("raw") { "uint256 raw" } else { "uint256" };
            let _ = write!(
                functions,
                "\n    /// `{}`: {mask:08x} / {bits:08x}\n    function {name}({m}, {raw}) private pure {{\n{body}    }}\n",
                T::Isa::mnemonic(op)
            );
            if let Some(imm) = form.imm.filter(|imm| body.contains(&imm.name())) {
                let namesake = imms.insert(imm.name(), imm.clone());
                assert!(
                    namesake.is_none_or(|namesake| namesake == imm),
                    "two immediates of one name: {imm:?}"
                );
            }
        }
        rows.push(Printed { name, mask, bits, body });
    }
    let mut decoder = String::new();
    decode(target, &rows.iter().collect::<Vec<_>>(), 0, 0, 2, &mut decoder);
    let imms: String = imms.values().map(|imm| format!("\n{}", imm.function(BITS))).collect();
    let file = T::Isa::FILE;
    format!(
        "{head}import {{W{BITS}}} from \"../W{BITS}.sol\";\n\
         import {{{file}Machine}} from \"../{file}Machine.sol\";\n\
         import \"./{file}Target.sol\";\n\n\
         /// What the instructions of {target} mean: the definitions of the crate `{krate}`, told a machine that writes\n\
         /// them down. A row is `name: mask / match`.\n\
         abstract contract {file}Table is {file}Machine {{\n    \
         function execute(uint256 m, uint256 raw, bytes32 context) internal view override {{\n{decoder}    }}\n\
         {functions}\n    // Immediates, named by the bits of the encoding they are made of.\n{imms}\n{calls}}}\n",
        head = super::HEAD,
        target = super::name(target),
        krate = file.to_lowercase(),
        calls = super::target::calls(target),
    )
}

/// That what was found out about a format holds for encodings of every kind.
fn check<Op: Copy + Debug>(form: &Format, op: Op, format: fn(Op, u32) -> Insn<Op>) {
    for n in 0..64_u32 {
        let raw = n.wrapping_mul(0x9e37_79b9) ^ n;
        let wanted = format(op, raw);
        let imm = form.imm.as_ref().map_or(0, |imm| imm.value(raw));
        let register = |low| (raw >> low & 31) as u8;
        assert_eq!(imm, wanted.imm, "the immediate of {op:?} in {raw:#x}");
        assert_eq!(register(form.rs1), wanted.rs1.number(), "rs1 of {op:?} in {raw:#x}");
        assert_eq!(register(form.rs2), wanted.rs2.number(), "rs2 of {op:?} in {raw:#x}");
    }
}

/// Writes what tells the rows apart, given that the bits `known` are those of `bits`. Where all rows look at the same
/// bits, these decide; else the first row that matches does.
fn decode<T: Target<Isa: Table>>(
    target: &T,
    rows: &[&Printed],
    known: u32,
    bits: u32,
    depth: usize,
    out: &mut String,
) {
    let common = rows.iter().fold(!known, |common, row| common & row.mask);
    if common == 0 {
        return first_match(target, rows, known, bits, depth, out);
    }
    let mut groups: Vec<(u32, Vec<&Printed>)> = Vec::new();
    for row in rows {
        let key = row.bits & common;
        match groups.iter_mut().find(|(found, _)| *found == key) {
            Some((_, group)) => group.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    for (index, (key, group)) in groups.iter().enumerate() {
        let or_else = if index == 0 { "" } else { "} else " };
        spaced(out, depth, format_args!("{or_else}if (raw & {common:#010x} == {key:#010x}) {{"));
        decode(target, group, known | common, bits | key, depth + 1, out);
    }
    let any = groups.len() < 1 << common.count_ones();
    let other = |raw: u32| groups.iter().all(|(key, _)| raw & common != *key);
    refuse_others(target, known, bits, depth, out, any.then_some(&other));
}

fn first_match<T: Target<Isa: Table>>(
    target: &T,
    rows: &[&Printed],
    known: u32,
    bits: u32,
    depth: usize,
    out: &mut String,
) {
    for (index, row) in rows.iter().enumerate() {
        let mask = row.mask & !known;
        let call = match row.body {
            Some(_) => format!("{}(m, raw);", row.name),
            None => "answer(m, context);".to_owned(),
        };
        if rows.len() == 1 && mask == 0 {
            return spaced(out, depth, call);
        }
        let or_else = if index == 0 { "" } else { "} else " };
        if mask == 0 {
            spaced(out, depth, "} else {");
            spaced(out, depth + 1, call);
            return spaced(out, depth, "}");
        }
        spaced(out, depth, format_args!("{or_else}if (raw & {mask:#010x} == {:#010x}) {{", row.bits & mask));
        spaced(out, depth + 1, call);
    }
    let other = |raw: u32| rows.iter().all(|row| raw & row.mask != row.bits);
    refuse_others(target, known, bits, depth, out, Some(&other));
}

/// Ends a chain of conditions: where there are `other` encodings of the bits `known`, they are refused.
fn refuse_others<T: Target>(
    target: &T,
    known: u32,
    bits: u32,
    depth: usize,
    out: &mut String,
    other: Option<&dyn Fn(u32) -> bool>,
) {
    if let Some(other) = other {
        let others =
            (0..1 << 16).map(|n: u32| n.wrapping_mul(0x9e37_79b9) & !known | bits).filter(|&raw| other(raw));
        let traps: BTreeSet<String> = others
            .filter_map(|raw| target.decode(raw).err())
            .map(|trap| super::refusal(target, trap))
            .collect();
        assert_eq!(
            traps.len(),
            1,
            "one reason to refuse the others of {bits:#x} among {known:#x}: {traps:?}"
        );
        spaced(out, depth, "} else {");
        traps.iter().for_each(|trap| spaced(out, depth + 1, trap));
    }
    spaced(out, depth, "}");
}
