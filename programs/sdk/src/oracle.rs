//! Where a program's inputs come from.

use crate::io::Fd;
use crate::key::{Hash, Key, hex, keccak256, sha256};
use alloc::{vec, vec::Vec};

/// The program's only source of input.
///
/// Values named by a hash are checked against it here. The machines' contract would accept no other value, but this is
/// also the code that runs natively, or in a proof system whose host is not trusted: a verdict should need no trust in
/// whoever serves the pre-images, wherever it was reached.
pub trait Oracle {
    /// The value of `key`.
    ///
    /// # Panics
    /// Where there is none.
    fn get(&mut self, key: &Key) -> Vec<u8>;

    /// Tells the host what will be asked for next. It never changes an answer.
    fn hint(&mut self, hint: &str);

    /// The local input number `index`.
    fn local(&mut self, index: u64) -> Vec<u8> {
        self.get(&Key::local(index))
    }

    /// The bytes whose Keccak-256 digest is `hash`.
    ///
    /// # Panics
    /// Where the oracle gives other bytes.
    fn keccak256(&mut self, hash: &Hash) -> Vec<u8> {
        checked(self.get(&Key::keccak256(hash)), hash, keccak256)
    }

    /// The bytes whose SHA-256 digest is `hash`.
    ///
    /// # Panics
    /// Where the oracle gives other bytes.
    fn sha256(&mut self, hash: &Hash) -> Vec<u8> {
        checked(self.get(&Key::sha256(hash)), hash, sha256)
    }
}

fn checked(value: Vec<u8>, hash: &Hash, digest: fn(&[u8]) -> Hash) -> Vec<u8> {
    let found = digest(&value);
    assert!(found == *hash, "a pre-image hashes to {}, not to {}", hex(&found), hex(hash));
    value
}

/// The oracle behind file descriptors 3 to 6, in a machine as in a native process.
pub(crate) struct FdOracle;

impl Oracle for FdOracle {
    /// Writes the key, then reads the length and exactly that many bytes: the machine traps at a read past the end.
    fn get(&mut self, key: &Key) -> Vec<u8> {
        Fd::PreimageWrite.write(key.as_bytes());
        let mut prefix = [0; 8];
        Fd::PreimageRead.read(&mut prefix);
        let bytes = u64::from_be_bytes(prefix);
        let Ok(bytes) = usize::try_from(bytes) else {
            panic!("pre-image {key} has {bytes} bytes, more than memory")
        };
        let mut value = vec![0; bytes];
        Fd::PreimageRead.read(&mut value);
        value
    }

    fn hint(&mut self, hint: &str) {
        let Ok(bytes) = u32::try_from(hint.len()) else { panic!("a hint of {} bytes", hint.len()) };
        Fd::HintWrite.write(&[&bytes.to_be_bytes(), hint.as_bytes()].concat());
        Fd::HintRead.read(&mut [0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every key with the same bytes.
    struct Always(&'static [u8]);

    impl Oracle for Always {
        fn get(&mut self, _: &Key) -> Vec<u8> {
            self.0.into()
        }

        fn hint(&mut self, _: &str) {}
    }

    #[test]
    fn a_value_that_matches_its_hash_is_returned() {
        assert_eq!(Always(b"value").keccak256(&keccak256(b"value")), b"value");
        assert_eq!(Always(b"value").sha256(&sha256(b"value")), b"value");
    }

    #[test]
    #[should_panic(expected = "a pre-image hashes to")]
    fn another_value_for_a_keccak_hash_is_refused() {
        Always(b"other").keccak256(&keccak256(b"value"));
    }

    #[test]
    #[should_panic(expected = "a pre-image hashes to")]
    fn another_value_for_a_sha256_hash_is_refused() {
        Always(b"other").sha256(&sha256(b"value"));
    }
}
