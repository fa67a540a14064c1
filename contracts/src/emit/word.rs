//! Words and truth values that are text.

use core::fmt::Display;
use core::ops::{Add, BitAnd, BitOr, BitXor, Not, Sub};

use isa_traits::{Width, Word};

/// An expression of Solidity, which can stand as an operand.
///
/// Words must be `Copy`, so the text is never freed: the emitter is a tool that runs once over two tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<const BITS: u32>(&'static str);

/// An expression of Solidity that is true or false, and its opposite.
#[derive(Clone, Copy, Debug)]
pub(super) struct Truth(&'static str, &'static str);

impl<const BITS: u32> Text<BITS> {
    pub(super) fn new(text: impl Display) -> Self {
        Self(text.to_string().leak())
    }

    /// The expression, where it need not be an operand.
    pub(super) fn bare(self) -> &'static str {
        bare(self.0)
    }

    fn operator(self, symbol: &str, other: Self) -> Self {
        Self::new(format_args!("({} {symbol} {})", self.0, other.0))
    }

    fn method(self, name: &str, other: Self) -> Self {
        Self::new(format_args!("{}.{name}({})", self.0, other.bare()))
    }
}

impl Truth {
    fn new(text: impl Display) -> Self {
        let text: &'static str = text.to_string().leak();
        Self(text, format!("!{text}").leak())
    }

    /// The expression, where it need not be an operand.
    pub(super) fn bare(self) -> &'static str {
        bare(self.0)
    }
}

/// Without the parentheses around the whole, if there are any.
fn bare(text: &'static str) -> &'static str {
    let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) else { return text };
    let mut depth = 0;
    for byte in inner.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return text,
            b')' => depth -= 1,
            _ => {}
        }
    }
    inner
}

macro_rules! operators {
    ($($Trait:ident $name:ident $symbol:literal,)*) => {
        $(impl<const BITS: u32> $Trait for Text<BITS> {
            type Output = Self;
            fn $name(self, other: Self) -> Self { self.operator($symbol, other) }
        })*
    };
}

operators! {
    Add add "+",
    Sub sub "-",
    BitAnd bitand "&",
    BitOr bitor "|",
    BitXor bitxor "^",
}

impl<const BITS: u32> Not for Text<BITS> {
    type Output = Self;
    fn not(self) -> Self {
        Self::new(format_args!("(~{})", self.0))
    }
}

impl Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        Self(self.1, self.0)
    }
}

impl BitAnd for Truth {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self::new(format_args!("({} && {})", self.0, other.0))
    }
}

impl BitOr for Truth {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self::new(format_args!("({} || {})", self.0, other.0))
    }
}

macro_rules! methods {
    ($($name:ident $solidity:literal,)*) => {
        $(fn $name(self, other: Self) -> Self { self.method($solidity, other) })*
    };
}

impl<const BITS: u32> Word for Text<BITS> {
    type Bool = Truth;
    const BITS: u32 = BITS;

    fn lit(value: i64) -> Self {
        let value = value as u64 & u64::MAX >> (64 - BITS);
        if value < 1024 {
            Self::new(format_args!("W{BITS}.wrap({value})"))
        } else {
            Self::new(format_args!("W{BITS}.wrap({value:#x})"))
        }
    }

    methods! {
        sll "sll",
        srl "srl",
        sra "sra",
        mul "mul",
        mulh "mulh",
        mulh_su "mulhSu",
        mulh_u "mulhU",
        div "div",
        div_u "divU",
        rem "rem",
        rem_u "remU",
    }

    fn clz(self) -> Self {
        Self::new(format_args!("{}.clz()", self.0))
    }

    fn eq(self, other: Self) -> Truth {
        let is = |symbol| format!("({} {symbol} {})", self.0, other.0).leak();
        Truth(is("=="), is("!="))
    }

    fn lt(self, other: Self) -> Truth {
        Truth::new(format_args!("{}.lt({})", self.0, other.bare()))
    }

    fn lt_u(self, other: Self) -> Truth {
        Truth::new(format_args!("{}.ltU({})", self.0, other.bare()))
    }

    fn select(cond: Truth, then: Self, other: Self) -> Self {
        Self::new(format_args!("({} ? {} : {})", cond.0, then.0, other.0))
    }

    fn sext(self, from: Width) -> Self {
        if from.bits() >= BITS { self } else { Self::new(format_args!("{}.sext{}()", self.0, from.bits())) }
    }

    fn zext(self, from: Width) -> Self {
        if from.bits() >= BITS { self } else { Self::new(format_args!("{}.zext{}()", self.0, from.bits())) }
    }
}
