//! The names of pre-images, and the hashes they come from.

use core::fmt::{self, Write};
use sha3::Digest;

/// A 32-byte digest.
pub type Hash = [u8; 32];

/// The Keccak-256 digest of `bytes`, as Ethereum uses it.
pub fn keccak256(bytes: &[u8]) -> Hash {
    sha3::Keccak256::digest(bytes).into()
}

/// The SHA-256 digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    sha2::Sha256::digest(bytes).into()
}

/// The name of a pre-image: a type in byte 0, and 31 bytes that identify a value of that type.
///
/// OP Stack fault-proof spec, «Pre-image key types». Aligned to a leaf of the machine's memory, because a system call
/// moves no bytes beyond one: so a key goes out in a single call on RV64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(align(32))]
pub struct Key([u8; 32]);

impl Key {
    /// Type 1: an input of this one dispute, by its number (big-endian in bytes 24 to 31).
    pub const fn local(index: u64) -> Self {
        let mut key = [0; 32];
        key[0] = 1;
        let (_, tail) = key.split_at_mut(24);
        tail.copy_from_slice(&index.to_be_bytes());
        Self(key)
    }

    /// Type 2: the bytes with this Keccak-256 digest.
    pub const fn keccak256(hash: &Hash) -> Self {
        Self::typed(2, *hash)
    }

    /// Type 4: the bytes with this SHA-256 digest.
    pub const fn sha256(hash: &Hash) -> Self {
        Self::typed(4, *hash)
    }

    /// The key as the oracle reads it.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    const fn typed(kind: u8, mut hash: Hash) -> Self {
        hash[0] = kind;
        Self(hash)
    }
}

/// 64 lower-case hex digits.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0).fmt(f)
    }
}

/// Displays `bytes` as lower-case hex digits without prefix.
pub fn hex(bytes: &[u8]) -> impl fmt::Display + '_ {
    struct Hex<'a>(&'a [u8]);
    impl fmt::Display for Hex<'_> {
        // By hand, because every hint has one: `{:02x}` takes three times the steps.
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
            self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]).try_for_each(|n| f.write_char(digit(n)))
        }
    }
    Hex(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_local_key_holds_its_index_in_the_last_eight_bytes() {
        let key = Key::local(0x0102_0304_0506_0708).to_string();
        assert_eq!(key, "0100000000000000000000000000000000000000000000000102030405060708");
    }

    #[test]
    fn a_global_key_is_the_digest_with_the_type_in_front() {
        let keccak = keccak256(b"");
        assert_eq!(
            hex(&keccak).to_string(),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
        assert_eq!(
            Key::keccak256(&keccak).to_string(),
            "02d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
        assert_eq!(
            Key::sha256(&sha256(b"")).to_string(),
            "04b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
