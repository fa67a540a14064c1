//! The file of a target's constants, and its system calls.

use std::fmt::Write as _;

use isa_traits::{Abi, Call, Concrete, Fields, Hash, State, Target};

use super::{refusal, spaced};

/// Where the fields stand in the witness.
#[derive(Default)]
struct Layout {
    constants: Vec<(String, usize)>,
    at: usize,
}

impl Layout {
    fn field(&mut self, name: &str, bytes: usize) {
        self.constants.push((constant(name), self.at));
        self.at += bytes;
    }
}

/// `nextPC` as `NEXT_PC`.
fn constant(name: &str) -> String {
    let mut constant = String::new();
    let mut before = 'A';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            constant.push('_');
        }
        constant.push(letter.to_ascii_uppercase());
        before = letter;
    }
    constant
}

impl Fields for Layout {
    type Error = core::convert::Infallible;

    fn hash(&mut self, name: &'static str, value: &mut Hash) -> Result<(), Self::Error> {
        self.field(name, value.len());
        Ok(())
    }

    fn number(&mut self, name: &'static str, bytes: usize, _: &mut u64) -> Result<(), Self::Error> {
        self.field(name, bytes);
        Ok(())
    }

    fn flag(&mut self, name: &'static str, _: &mut bool) -> Result<(), Self::Error> {
        self.field(name, 1);
        Ok(())
    }

    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), Self::Error> {
        self.field(name, values.len() * W::BITS as usize / 8);
        Ok(())
    }
}

/// The file of the layout of the witness and the sizes and error codes of the kernel.
pub(super) fn file<T: Target>(target: &T) -> String {
    let mut layout = Layout::default();
    layout.field("memory", 32);
    let Ok(()) = target.fields(&mut State::default(), &mut layout);
    let abi = target.abi();
    let mut text = format!(
        "{}// `{}`: where the fields stand in a witness, in bytes from its start.\n\n",
        super::HEAD,
        super::name(target)
    );
    for (name, at) in &layout.constants {
        let _ = writeln!(text, "uint256 constant {name} = {at};");
    }
    let _ = writeln!(text, "uint256 constant WITNESS_BYTES = {};", layout.at);
    let _ = write!(
        text,
        "\n// What its system calls have of their own.\n\n\
         uint256 constant TRANSFER_BYTES = {};\nuint256 constant BAD_FD = {};\nuint256 constant INVALID = {};\n\
         bool constant EXIT_RETIRES = {};\n",
        abi.transfer_bytes, abi.bad_fd, abi.invalid, abi.exit_retires
    );
    text
}

/// The function that answers a system call: the target's table of calls.
pub(super) fn calls<T: Target>(target: &T) -> String {
    let bits = T::ADDRESS_BITS;
    let abi = target.abi();
    let mut text = String::new();
    let mut line = |depth, line: String| spaced(&mut text, depth, line);
    line(1, "/// Answers the system call that the hart asks for.".into());
    line(1, "function answer(uint256 m, bytes32 context) private view {".into());
    line(2, format!("uint256 number = W{bits}.unwrap(x(m, {}));", abi.number.number()));
    line(2, "// Any other call succeeds with result 0.".into());
    line(2, "(uint256 result, uint256 error) = (uint256(0), uint256(0));".into());
    for (index, (number, call)) in abi.calls.iter().enumerate() {
        let or_else = if index == 0 { "" } else { "} else " };
        line(2, format!("{or_else}if (number == {number}) {{"));
        for statement in call_statements(target, abi, *call, *number) {
            line(3, statement);
        }
    }
    line(2, "}".into());
    line(2, format!("setX(m, {}, W{bits}.wrap(uint{bits}(result)));", abi.result.number()));
    line(2, format!("setX(m, {}, W{bits}.wrap(uint{bits}(error)));", abi.error.number()));
    line(1, "}".into());
    text
}

fn call_statements<T: Target>(target: &T, abi: &Abi, call: Call, number: u64) -> Vec<String> {
    let bits = T::ADDRESS_BITS;
    let arg = |index: usize| format!("W{bits}.unwrap(x(m, {}))", abi.args[index].number());
    let answer = |call: String| vec![format!("(result, error) = {call};")];
    match call {
        Call::Exit => vec![
            format!("setField(m, EXIT, 1, {});", arg(0)),
            "setField(m, EXITED, 1, 1);".into(),
            "return;".into(),
        ],
        Call::Constant(value) => vec![format!("result = {value:#x};")],
        Call::Fail(code) => answer(format!("(FAILURE, {code})")),
        Call::Refuse => vec![refusal(target, isa_traits::Trap::RefusedCall(number as u32))],
        Call::Read => answer(format!("sysRead(m, {}, {}, {}, context)", arg(0), arg(1), arg(2))),
        Call::Write => answer(format!("sysWrite(m, {}, {}, {})", arg(0), arg(1), arg(2))),
        Call::Fcntl => answer(format!("sysFcntl({}, {}, {})", arg(0), arg(1), abi.f_getfd)),
        Call::Mmap => {
            let limit =
                abi.mmap.heap_end.map_or_else(|| "type(uint256).max".to_owned(), |end| format!("{end:#x}"));
            let mmap = format!("sysMmap(m, {}, {}, HEAP, {limit})", arg(0), arg(1));
            match abi.mmap.anonymous {
                None => answer(mmap),
                Some(flag) => answer(format!(
                    "{} & {flag:#x} == 0 || {} != type(uint64).max\n{}? (FAILURE, BAD_FD)\n{}: {mmap}",
                    arg(3),
                    arg(4),
                    "    ".repeat(4),
                    "    ".repeat(4),
                )),
            }
        }
        Call::Report { resource, words } => {
            let bytes = [words[0].to_le_bytes(), words[1].to_le_bytes()].concat();
            let value = bytes.iter().fold(0_u128, |value, &byte| value << 8 | u128::from(byte));
            let refuse = resource.map(|only| {
                let trap = isa_traits::Trap::UnknownResource(0);
                format!("if ({} != {only}) {}", arg(0), refusal(target, trap))
            });
            refuse.into_iter().chain([format!("write(m, {}, 16, {value:#x});", arg(1))]).collect()
        }
    }
}
