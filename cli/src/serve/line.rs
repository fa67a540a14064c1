//! Lines of bounded length.

use std::io::{self, BufRead};

/// The longest line that is read: far above any request.
pub(super) const MAX_BYTES: usize = 1 << 16;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(Vec<u8>),
    /// A line of more than [`MAX_BYTES`], which was dropped.
    TooLong,
}

/// Reads a line; none at the end of the input. A last line needs no end.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Line>> {
    let (mut text, mut too_long, mut any) = (Vec::new(), false, false);
    loop {
        let bytes = match from.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        any |= !bytes.is_empty();
        too_long |= text.len() + part.len() > MAX_BYTES;
        if !too_long {
            text.extend_from_slice(part);
        }
        let (used, ended) = (part.len() + usize::from(end.is_some()), end.is_some() || bytes.is_empty());
        from.consume(used);
        if ended {
            let line = if too_long { Line::TooLong } else { Line::Text(text) };
            return Ok(any.then_some(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_read_in_pieces_and_long_ones_dropped() {
        let long = "x".repeat(MAX_BYTES);
        let text = format!("one\n\n{long}\n{long}y\nlast");
        let mut from = BufReader::with_capacity(7, text.as_bytes());
        let wanted = ["one", "", &long].map(|line| Some(Line::Text(line.into())));
        for wanted in
            wanted.into_iter().chain([Some(Line::TooLong), Some(Line::Text("last".into())), None, None])
        {
            assert_eq!(read(&mut from).unwrap(), wanted);
        }
    }
}
