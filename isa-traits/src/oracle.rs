//! The world outside the machine: pre-images, hints and output.

use crate::Hash;

/// Where pre-images come from.
pub trait Oracle {
    /// Why a pre-image could not be had.
    type Error: core::error::Error;

    /// Passes on a hint of the guest, without its length prefix. Hints change no result.
    ///
    /// # Errors
    /// Where the host cannot be reached.
    fn hint(&mut self, hint: &[u8]) -> Result<(), Self::Error>;

    /// The pre-image of `key`, whose first byte is its type, without a length prefix.
    ///
    /// Asked again on every read the guest makes, so an oracle that fetches keeps the last one.
    ///
    /// # Errors
    /// Where there is none, or it cannot be fetched, or it does not match its key.
    fn get(&mut self, key: &Hash) -> Result<&[u8], Self::Error>;
}

impl<O: Oracle + ?Sized> Oracle for &mut O {
    type Error = O::Error;
    fn hint(&mut self, hint: &[u8]) -> Result<(), Self::Error> {
        (**self).hint(hint)
    }
    fn get(&mut self, key: &Hash) -> Result<&[u8], Self::Error> {
        (**self).get(key)
    }
}

/// One of the guest's two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// File descriptor 1.
    Output,
    /// File descriptor 2.
    Error,
}

/// Where the guest's output goes. Output changes no result.
pub trait Console {
    /// Takes the next bytes of a stream.
    fn write(&mut self, stream: Stream, bytes: &[u8]);
}

/// Drops all output.
impl Console for () {
    fn write(&mut self, _: Stream, _: &[u8]) {}
}
