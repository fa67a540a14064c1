//! The witness: a state as the bytes that are hashed.

use core::ops::Deref;

use isa_traits::{Concrete, Fields, HartOf, Hash, State, Target};

use crate::hash::keccak256;

/// Room for the longest witness of any target; Asterisc's has 362 bytes.
const CAPACITY: usize = 384;

/// An encoded state: the memory root, then the fields in the target's order, big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Deref for Witness {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Bytes that are no witness of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The length is not that of the target's witness.
    #[error("the state has {found} bytes, and a state of this target has {wanted}")]
    Length {
        /// Bytes there are.
        found: usize,
        /// Bytes of a witness.
        wanted: usize,
    },
    /// A truth value is neither 0 nor 1.
    #[error("field {name} of the state is {found}, neither 0 nor 1")]
    Flag {
        /// The field.
        name: &'static str,
        /// Its byte.
        found: u8,
    },
}

impl Witness {
    /// Encodes a state with its memory root.
    pub fn encode<T: Target>(target: &T, state: &State<HartOf<T>>, root: &Hash) -> Self {
        let mut writer = Writer { witness: Self { bytes: [0; CAPACITY], len: 0 } };
        writer.put(root);
        // Writing leaves the state as it is; the listing is mutable for those who read.
        let Ok(()) = target.fields(&mut state.clone(), &mut writer);
        writer.witness
    }

    /// A witness of exactly these bytes, which are those of a witness but for a flag.
    pub(crate) fn verbatim(bytes: &[u8]) -> Self {
        let mut writer = Writer { witness: Self { bytes: [0; CAPACITY], len: 0 } };
        writer.put(bytes);
        writer.witness
    }

    /// Decodes a witness into a state and the memory root it names.
    ///
    /// # Errors
    /// [`WitnessError`] if the length is wrong or a flag is neither 0 nor 1.
    pub fn decode<T: Target>(target: &T, bytes: &[u8]) -> Result<(State<HartOf<T>>, Hash), WitnessError> {
        if bytes.len() != T::WITNESS_BYTES {
            return Err(WitnessError::Length { found: bytes.len(), wanted: T::WITNESS_BYTES });
        }
        let mut reader = Reader { rest: bytes };
        let mut root = Hash::default();
        root.copy_from_slice(reader.take(32));
        let mut state = State::default();
        target.fields(&mut state, &mut reader)?;
        Ok((state, root))
    }

    /// The state hash: Keccak-256 of the witness, with byte 0 replaced by the status of the machine.
    pub fn state_hash(&self, status: u8) -> Hash {
        let mut hash = keccak256(self);
        hash[0] = status;
        hash
    }
}

struct Writer {
    witness: Witness,
}

impl Writer {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.witness.len + bytes.len();
        self.witness.bytes[self.witness.len..end].copy_from_slice(bytes);
        self.witness.len = end;
    }
}

impl Fields for Writer {
    type Error = core::convert::Infallible;

    fn hash(&mut self, _: &'static str, value: &mut Hash) -> Result<(), Self::Error> {
        self.put(value);
        Ok(())
    }

    fn number(&mut self, _: &'static str, bytes: usize, value: &mut u64) -> Result<(), Self::Error> {
        self.put(&value.to_be_bytes()[8 - bytes..]);
        Ok(())
    }

    fn flag(&mut self, _: &'static str, value: &mut bool) -> Result<(), Self::Error> {
        self.put(&[u8::from(*value)]);
        Ok(())
    }

    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), Self::Error> {
        values.iter_mut().try_for_each(|value| self.word(name, value))
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next bytes; the length of the whole was checked before.
    fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }
}

impl Fields for Reader<'_> {
    type Error = WitnessError;

    fn hash(&mut self, _: &'static str, value: &mut Hash) -> Result<(), WitnessError> {
        value.copy_from_slice(self.take(32));
        Ok(())
    }

    fn number(&mut self, _: &'static str, bytes: usize, value: &mut u64) -> Result<(), WitnessError> {
        *value = self.take(bytes).iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
        Ok(())
    }

    fn flag(&mut self, name: &'static str, value: &mut bool) -> Result<(), WitnessError> {
        *value = match self.take(1)[0] {
            0 => false,
            1 => true,
            found => return Err(WitnessError::Flag { name, found }),
        };
        Ok(())
    }

    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), WitnessError> {
        values.iter_mut().try_for_each(|value| self.word(name, value))
    }
}
