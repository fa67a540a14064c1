//! Step patterns: `never`, `always`, `=N`, `%N` (Cannon `cmd/matcher.go`).

use std::str::FromStr;

/// Which steps something is to happen at. A pattern is matched against the step counter before the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// At no step.
    Never,
    /// At every step.
    Always,
    /// At one step.
    At(u64),
    /// At every step that the number divides, 0 included.
    Every(u64),
}

impl Pattern {
    /// The first step from `step` on that matches.
    pub(crate) fn next(self, step: u64) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::Always => Some(step),
            Self::At(at) => (at >= step).then_some(at),
            Self::Every(n) => step.checked_next_multiple_of(n),
        }
    }

    /// Whether the step matches.
    pub(crate) fn matches(self, step: u64) -> bool {
        self.next(step) == Some(step)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "never" => return Ok(Self::Never),
            "always" => return Ok(Self::Always),
            _ => {}
        }
        let (make, digits): (fn(u64) -> Self, _) = if let Some(digits) = text.strip_prefix('=') {
            (Self::At, digits)
        } else if let Some(digits) = text.strip_prefix('%') {
            (Self::Every, digits)
        } else {
            return Err(format!("'{text}' is no pattern; wanted: never, always, =N or %N"));
        };
        match number(digits) {
            Some(0) if text.starts_with('%') => {
                Err("no step is a multiple of 0; wanted: %N with N from 1".into())
            }
            Some(n) => Ok(make(n)),
            None => Err(format!("'{digits}' is no step; wanted: a number, decimal or with 0x, 0o or 0b")),
        }
    }
}

/// A number as Go writes them: decimal, or with a prefix for its base.
fn number(text: &str) -> Option<u64> {
    let (base, digits) = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &text[2..]),
        Some("0o") => (8, &text[2..]),
        Some("0b") => (2, &text[2..]),
        _ => (10, text),
    };
    // Rust's parser takes a plus sign, Go's does not.
    digits.starts_with(|c: char| c.is_ascii_alphanumeric()).then(|| u64::from_str_radix(digits, base).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_references_do() {
        #[rustfmt::skip]
        let cases = [
            // pattern   from  next
            ("never",    0,    None),
            ("",         5,    None),
            ("always",   7,    Some(7)),
            ("=5",       5,    Some(5)),
            ("=5",       6,    None),
            ("=0x10",    0,    Some(16)),
            ("=0b11",    0,    Some(3)),
            ("=0o17",    0,    Some(15)),
            ("%10",      0,    Some(0)),
            ("%10",      1,    Some(10)),
            ("%10",      20,   Some(20)),
            ("%3",       u64::MAX, Some(u64::MAX)),
            ("%2",       u64::MAX, None),
        ];
        for (text, from, next) in cases {
            let pattern: Pattern = text.parse().unwrap();
            assert_eq!(pattern.next(from), next, "{text} from {from}");
            assert_eq!(pattern.matches(from), next == Some(from), "{text} at {from}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["5", "=", "=x", "%0", "%-1", "=+5", "= 5", "sometimes", "=99999999999999999999", "=é"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
