//! Keys: the typed hashes by which a guest names pre-images.

use core::fmt;

use isa_traits::Hash;
use sha2::Sha256;
use sha3::{Digest, Keccak256};

/// The name of a pre-image: 32 bytes, of which byte 0 is the [`KeyType`].
///
/// Displayed as `0x` and 64 hex digits. Source: OP Stack fault-proof spec, «Pre-image key types».
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Hash);

impl Key {
    /// The key of local value `index`: the type, 23 zero bytes, and the index in big-endian order.
    #[must_use]
    pub const fn local(index: u64) -> Self {
        let mut key = [0; 32];
        let (_, tail) = key.split_at_mut(24);
        tail.copy_from_slice(&index.to_be_bytes());
        Self(key).typed(1)
    }

    /// The key under which a value is served by its Keccak-256 hash.
    #[must_use]
    pub fn keccak256(value: &[u8]) -> Self {
        Self(Keccak256::digest(value).into()).typed(2)
    }

    /// The key under which a value is served by its SHA-256 hash.
    #[must_use]
    pub fn sha256(value: &[u8]) -> Self {
        Self(Sha256::digest(value).into()).typed(4)
    }

    /// What kind of pre-image byte 0 says this is.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        match self.0[0] {
            1 => KeyType::Local,
            2 => KeyType::Keccak256,
            3 => KeyType::GlobalGeneric,
            4 => KeyType::Sha256,
            5 => KeyType::Blob,
            6 => KeyType::Precompile,
            byte => KeyType::Unknown(byte),
        }
    }

    /// The key that `value` has as a pre-image of this key's type, where the value alone decides that.
    ///
    /// It does for the types keccak256 and sha256, and a value is genuine where it gives back its own key.
    #[must_use]
    pub fn recomputed(&self, value: &[u8]) -> Option<Self> {
        match self.key_type() {
            KeyType::Keccak256 => Some(Self::keccak256(value)),
            KeyType::Sha256 => Some(Self::sha256(value)),
            _ => None,
        }
    }

    /// The 32 bytes, as they are sent to a host.
    #[must_use]
    pub const fn as_bytes(&self) -> &Hash {
        &self.0
    }

    const fn typed(mut self, byte: u8) -> Self {
        self.0[0] = byte;
        self
    }
}

impl From<Hash> for Key {
    fn from(bytes: Hash) -> Self {
        Self(bytes)
    }
}

/// `{:x}` leaves out the `0x`; `{:#x}` is the same as `{}`.
impl fmt::LowerHex for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            f.write_str("0x")?;
        }
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#x}")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// What a key names, in the words that messages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyType {
    /// Type 1: an input of this run, by its index.
    Local,
    /// Type 2: any bytes, by their Keccak-256 hash.
    Keccak256,
    /// Type 3: reserved for values all chains agree on.
    GlobalGeneric,
    /// Type 4: any bytes, by their SHA-256 hash.
    Sha256,
    /// Type 5: one field element of a blob (EIP-4844), by commitment and point.
    Blob,
    /// Type 6: status and output of a precompiled contract, by address and input.
    Precompile,
    /// No type the specification gives a meaning to; type 0 is illegal.
    Unknown(u8),
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Keccak256 => "keccak256",
            Self::GlobalGeneric => "global generic",
            Self::Sha256 => "sha256",
            Self::Blob => "blob",
            Self::Precompile => "precompile",
            Self::Unknown(byte) => return write!(f, "unknown type {byte}"),
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{string::ToString, vec::Vec};

    use super::*;

    /// Hashes of the empty string: Keccak-256 as in EIP-1052, SHA-256 as in FIPS 180-4's test vectors.
    #[test]
    fn keys_are_hashes_with_the_type_in_byte_0() {
        #[rustfmt::skip]
        let cases = [
            (Key::local(0x102), "0x0100000000000000000000000000000000000000000000000000000000000102"),
            (Key::local(u64::MAX), "0x010000000000000000000000000000000000000000000000ffffffffffffffff"),
            (Key::keccak256(b""), "0x02d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            (Key::sha256(b""), "0x04b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ];
        for (key, wanted) in cases {
            assert_eq!(key.to_string(), wanted);
        }
    }

    #[test]
    fn every_type_has_a_name() {
        let names = (0..=7).map(|byte| Key::from([byte; 32]).key_type().to_string());
        let wanted = [
            "unknown type 0",
            "local",
            "keccak256",
            "global generic",
            "sha256",
            "blob",
            "precompile",
            "unknown type 7",
        ];
        assert_eq!(names.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn only_keccak256_and_sha256_keys_follow_from_the_value() {
        for byte in 0..=255 {
            let recomputed = Key::from([byte; 32]).recomputed(b"value");
            assert_eq!(recomputed.is_some(), [2, 4].contains(&byte), "type {byte}");
            assert!(recomputed.is_none_or(|key| key.as_bytes()[0] == byte), "type {byte}");
        }
    }
}
