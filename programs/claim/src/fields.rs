//! Fixed-size fields, one after the other.

/// The bytes of one input that are not read yet.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// `what` is the input's name in the message of a panic.
    pub(crate) const fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    /// The fields after byte 0, which must be `kind`.
    pub(crate) fn of_kind(kind: u8, what: &'static str, bytes: &'a [u8]) -> Self {
        let mut fields = Self::new(what, bytes);
        let [found] = fields.bytes();
        assert!(found == kind, "{what} is of kind {found}, not {kind}");
        fields
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.rest.split_first_chunk() else {
            panic!("{} ends inside a field of {N} bytes", self.what)
        };
        self.rest = rest;
        *field
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What `read` makes of the fields, which must be all of them.
    pub(crate) fn all<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(&mut self);
        assert!(self.is_empty(), "{} has {} bytes too many", self.what, self.rest.len());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_order() {
        let value = Fields::of_kind(7, "a test", &[7, 1, 2, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(value.all(|f| (f.bytes(), f.u64())), ([1, 2], 256));
    }

    #[test]
    #[should_panic(expected = "a test ends inside a field of 8 bytes")]
    fn a_short_input_is_refused() {
        Fields::new("a test", &[0; 7]).all(Fields::u64);
    }

    #[test]
    #[should_panic(expected = "a test has 1 bytes too many")]
    fn a_long_input_is_refused() {
        Fields::new("a test", &[0; 9]).all(Fields::u64);
    }

    #[test]
    #[should_panic(expected = "a test is of kind 1, not 2")]
    fn an_input_of_another_kind_is_refused() {
        Fields::of_kind(2, "a test", &[1]);
    }
}
