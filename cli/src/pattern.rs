//! Step patterns: the references' `never`, `always`, `=N`, `%N` (Cannon `cannon/cmd/matcher.go`), and lists and
//! ranges beyond them.

use std::str::FromStr;

/// Which steps something is to happen at. A pattern is matched against the step counter before the step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// At no step.
    #[default]
    Never,
    /// At every step.
    Always,
    /// At these steps, ascending.
    At(Vec<u64>),
    /// At every step that the number divides, 0 included.
    Every(u64),
    /// At every step from the first number on, and before the second.
    Range(u64, u64),
}

impl Pattern {
    /// The first step from `step` on that matches.
    pub(crate) fn next(&self, step: u64) -> Option<u64> {
        match *self {
            Self::Never => None,
            Self::Always => Some(step),
            Self::At(ref steps) => steps.get(steps.partition_point(|&at| at < step)).copied(),
            Self::Every(n) => step.checked_next_multiple_of(n),
            Self::Range(from, to) => Some(step.max(from)).filter(|&next| next < to),
        }
    }

    /// Whether the step matches.
    pub(crate) fn matches(&self, step: u64) -> bool {
        self.next(step) == Some(step)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "never" => Ok(Self::Never),
            "always" => Ok(Self::Always),
            _ => {
                if let Some(steps) = text.strip_prefix('=') {
                    let mut steps = steps.split(',').map(number).collect::<Result<Vec<_>, _>>()?;
                    steps.sort_unstable();
                    Ok(Self::At(steps))
                } else if let Some(n) = text.strip_prefix('%') {
                    match number(n)? {
                        0 => Err("no step is a multiple of 0; wanted: %N with N from 1".to_owned()),
                        n => Ok(Self::Every(n)),
                    }
                } else if let Some((from, to)) = text.split_once("..") {
                    Ok(Self::Range(number(from)?, number(to)?))
                } else {
                    Err(format!("'{text}' is no pattern; wanted: never, always, =N, =N,M, %N or N..M"))
                }
            }
        }
    }
}

/// A number as Go writes them: decimal, or with a prefix for its base, and underscores between digits.
pub(crate) fn number(text: &str) -> Result<u64, String> {
    let (base, digits) = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &text[2..]),
        Some("0o") => (8, &text[2..]),
        Some("0b") => (2, &text[2..]),
        _ => (10, text),
    };
    let bare = digits.replace('_', "");
    // Rust's parser takes a plus sign, Go's does not.
    let begins = bare.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins
        .then(|| u64::from_str_radix(&bare, base).ok())
        .flatten()
        .ok_or_else(|| format!("'{text}' is no step; wanted: a number, decimal or with 0x, 0o or 0b"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_references_do() {
        #[rustfmt::skip]
        let cases = [
            // pattern     from  next
            ("never",      0,    None),
            ("",           5,    None),
            ("always",     7,    Some(7)),
            ("=5",         5,    Some(5)),
            ("=5",         6,    None),
            ("=0x10",      0,    Some(16)),
            ("=0b11",      0,    Some(3)),
            ("=0o17",      0,    Some(15)),
            ("=1_000",     0,    Some(1000)),
            ("=9,1,5",     0,    Some(1)),
            ("=9,1,5",     6,    Some(9)),
            ("=9,1,5",     10,   None),
            ("%10",        0,    Some(0)),
            ("%10",        1,    Some(10)),
            ("%10",        20,   Some(20)),
            ("%3",         u64::MAX, Some(u64::MAX)),
            ("%2",         u64::MAX, None),
            ("100..200",   0,    Some(100)),
            ("100..200",   150,  Some(150)),
            ("100..200",   200,  None),
            ("5..5",       0,    None),
        ];
        for (text, from, next) in cases {
            let pattern: Pattern = text.parse().unwrap();
            assert_eq!(pattern.next(from), next, "{text} from {from}");
            assert_eq!(pattern.matches(from), next == Some(from), "{text} at {from}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let texts = [
            "5",
            "=",
            "=x",
            "%0",
            "%-1",
            "=+5",
            "= 5",
            "=1,",
            "..",
            "1..x",
            "sometimes",
            "=99999999999999999999",
            "=é",
        ];
        for text in texts {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
