//! What a source of pre-images is.

use crate::{Error, Key};

/// The longest pre-image accepted from any source: 1 GiB.
///
/// It is far above any block, receipt or blob, and far below what a misread length field claims: such a
/// claim is refused before a byte of it is stored.
pub const MAX_PREIMAGE_BYTES: u64 = 1 << 30;

/// Whatever has pre-images. It need not be trusted: see [`Verified`](crate::Verified).
pub trait Source {
    /// The pre-image of `key`, without a length prefix and unchecked.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error>;

    /// Tells of what will be asked for, without a length prefix.
    ///
    /// # Errors
    /// Where whoever it is meant for cannot be reached.
    fn hint(&mut self, hint: &[u8]) -> Result<(), Error>;

    /// Where the pre-image of `key` comes from, for messages: a file, a server.
    fn place(&self, key: &Key) -> String;
}

/// A source chosen at run time.
impl<S: Source + ?Sized> Source for Box<S> {
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
        (**self).fetch(key)
    }
    fn hint(&mut self, hint: &[u8]) -> Result<(), Error> {
        (**self).hint(hint)
    }
    fn place(&self, key: &Key) -> String {
        (**self).place(key)
    }
}

/// No source at all: for programs that read no pre-image. Hints are dropped, as the references do.
impl Source for () {
    fn fetch(&mut self, key: &Key) -> Result<Vec<u8>, Error> {
        let advice = "give the command of a server after `--`, or a directory of pre-images";
        Err(Error::Missing { key: *key, place: self.place(key), advice })
    }
    fn hint(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
    fn place(&self, _: &Key) -> String {
        "any source, as none was given".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_source_hints_pass_and_pre_images_are_missing() {
        let mut none: Box<dyn Source> = Box::new(());
        none.hint(b"l1-block-header").unwrap();
        assert!(matches!(none.fetch(&Key::local(1)), Err(Error::Missing { .. })));
    }
}
