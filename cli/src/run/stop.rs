//! Stopping at a pre-image (Cannon `cannon/cmd/run.go:292-326,466-481`).

use std::str::FromStr;

use alloy_primitives::hex;
use clap::ValueEnum;
use isa_traits::Hash;

use crate::pattern::number;

/// The flags that stop a run after a step that read a pre-image.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Stop after reading from a pre-image whose key begins so, at this offset (0 if left out; the first 8 bytes
    /// are the length)
    #[arg(long, value_name = "HEX[@OFFSET]", help_heading = "When")]
    stop_at_preimage: Option<Prefix>,
    /// Stop after reading a pre-image of this type at offset 0; any: at every read
    #[arg(long, value_name = "TYPE", help_heading = "When")]
    stop_at_preimage_type: Option<Type>,
    /// Stop after reading from a pre-image of more bytes than this, its 8-byte length counted
    #[arg(long, value_name = "BYTES", value_parser = number, help_heading = "When")]
    stop_at_preimage_larger_than: Option<u64>,
}

#[derive(Clone, Debug)]
struct Prefix {
    key: Vec<u8>,
    offset: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Type {
    Local,
    Keccak,
    Sha256,
    Blob,
    Precompile,
    Any,
}

impl Args {
    /// Whether any of the flags is given.
    pub(super) const fn is_set(&self) -> bool {
        self.stop_at_preimage.is_some()
            || self.stop_at_preimage_type.is_some()
            || self.stop_at_preimage_larger_than.is_some()
    }

    /// Whether to stop after a read of `bytes` bytes of value under `key` from `offset`, which counts the length.
    pub(super) fn matches(&self, key: &Hash, offset: u64, bytes: usize) -> bool {
        let at = match (&self.stop_at_preimage, self.stop_at_preimage_type) {
            (Some(prefix), _) => key.starts_with(&prefix.key) && offset == prefix.offset,
            (None, Some(Type::Any)) => true,
            (None, Some(wanted)) => key[0] == wanted.key_byte() && offset == 0,
            (None, None) => false,
        };
        at || self.stop_at_preimage_larger_than.is_some_and(|limit| bytes as u64 + 8 > limit)
    }
}

impl Type {
    const fn key_byte(self) -> u8 {
        match self {
            Self::Local => 1,
            Self::Keccak => 2,
            Self::Sha256 => 4,
            Self::Blob => 5,
            Self::Precompile => 6,
            Self::Any => 0,
        }
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, offset) = text.split_once('@').unwrap_or((text, "0"));
        let key = hex::decode(digits).map_err(|error| format!("'{digits}' is no hex: {error}"))?;
        if key.len() > 32 {
            return Err(format!("a key has 32 bytes, '{digits}' has {}", key.len()));
        }
        let offset =
            offset.parse().map_err(|_| format!("'{offset}' is no offset; wanted: a decimal number"))?;
        Ok(Self { key, offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(prefix: Option<&str>, kind: Option<Type>, larger: Option<u64>) -> Args {
        Args {
            stop_at_preimage: prefix.map(|text| text.parse().unwrap()),
            stop_at_preimage_type: kind,
            stop_at_preimage_larger_than: larger,
        }
    }

    #[test]
    fn stops_match_as_cannon_has_them() {
        let key = |first, second| {
            let mut key = [0; 32];
            (key[0], key[1]) = (first, second);
            key
        };
        #[rustfmt::skip]
        let cases = [
            // flags                                   key          offset bytes stops
            (args(Some("0x02ab"), None, None),         key(2, 0xab), 0,    10,   true),
            (args(Some("02ab"), None, None),           key(2, 0xab), 8,    10,   false),
            (args(Some("02ab@8"), None, None),         key(2, 0xab), 8,    10,   true),
            (args(Some("02ab"), None, None),           key(2, 0xac), 0,    10,   false),
            (args(Some("02ab"), Some(Type::Any), None), key(1, 0),   0,    10,   false),
            (args(None, Some(Type::Keccak), None),     key(2, 0),    0,    10,   true),
            (args(None, Some(Type::Keccak), None),     key(2, 0),    32,   10,   false),
            (args(None, Some(Type::Local), None),      key(2, 0),    0,    10,   false),
            (args(None, Some(Type::Any), None),        key(2, 0),    32,   10,   true),
            (args(None, None, Some(17)),               key(2, 0),    32,   10,   true),
            (args(None, None, Some(18)),               key(2, 0),    32,   10,   false),
        ];
        for (flags, key, offset, bytes, stops) in cases {
            assert_eq!(flags.matches(&key, offset, bytes), stops, "{flags:?} {} {offset}", key[0]);
            assert!(flags.is_set());
        }
        assert!(!args(None, None, None).is_set());
    }
}
