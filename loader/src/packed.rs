//! Programs in compressed files.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// The most bytes that a compressed file may stand for: 256 MiB.
///
/// It is several times the largest program of the OP Stack with its debug information, and a file of a few kilobytes can
/// stand for more.
pub const MAX_UNPACKED_BYTES: u64 = 1 << 28;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Why a compressed file cannot be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// The compressed data are damaged.
    #[error("the file is compressed with {format} and damaged: {reason}; copy or build it again")]
    Damaged {
        /// The form of compression.
        format: &'static str,
        /// What is wrong with them.
        reason: io::Error,
    },
    /// They stand for more than a program has.
    #[error("the file is compressed with {format} and holds more than {limit} bytes; unpack it first")]
    TooLarge {
        /// The form of compression.
        format: &'static str,
        /// The greatest number accepted.
        limit: u64,
    },
}

/// The contents of a file that may be compressed with gzip or Zstandard, which its first bytes tell.
///
/// # Errors
/// Where the compressed data are damaged or more than [`MAX_UNPACKED_BYTES`].
pub fn unpack(file: &[u8]) -> Result<Cow<'_, [u8]>, UnpackError> {
    unpack_up_to(MAX_UNPACKED_BYTES, file)
}

fn unpack_up_to(limit: u64, file: &[u8]) -> Result<Cow<'_, [u8]>, UnpackError> {
    let (format, unpacked) = if file.starts_with(GZIP) {
        let mut unpacked = Vec::new();
        let read = MultiGzDecoder::new(file).take(limit + 1).read_to_end(&mut unpacked);
        ("gzip", read.map(|_| unpacked))
    } else if file.starts_with(ZSTANDARD) {
        ("Zstandard", zstandard(limit + 1, file))
    } else {
        return Ok(Cow::Borrowed(file));
    };
    let unpacked = unpacked.map_err(|reason| UnpackError::Damaged { format, reason })?;
    if unpacked.len() as u64 > limit {
        return Err(UnpackError::TooLarge { format, limit });
    }
    Ok(Cow::Owned(unpacked))
}

/// At most `limit` bytes of the frames in a file, whose checksums the decoder leaves to its caller.
fn zstandard(limit: u64, mut file: &[u8]) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    while !file.is_empty() && (unpacked.len() as u64) < limit {
        let mut frame = StreamingDecoder::new(&mut file).map_err(io::Error::other)?;
        let left = limit - unpacked.len() as u64;
        let bytes = frame.by_ref().take(left).read_to_end(&mut unpacked)?;
        let sums = (frame.decoder.get_checksum_from_data(), frame.decoder.get_calculated_checksum());
        if let (Some(wanted), Some(found)) = sums
            && (bytes as u64) < left
            && found != wanted
        {
            return Err(io::Error::other(format!("its checksum is {found:08x}, wanted {wanted:08x}")));
        }
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstandard(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    /// `printf 'seven\n' | zstd`, version 1.5.4, whose frames have checksums.
    const BY_THE_TOOL: &[u8] = b"\x28\xb5\x2f\xfd\x04\x58\x31\x00\x00seven\n\x62\x34\x44\xe0";

    #[test]
    fn what_is_not_compressed_stays_as_it_is() {
        for file in [&b""[..], b"\x7fELF", b"\x1f", b"\x28\xb5\x2f"] {
            assert_eq!(unpack(file).unwrap(), file);
        }
    }

    #[test]
    fn parts_one_after_the_other_are_one_file() {
        for pack in [gzip, zstandard] {
            let file = [pack(b"a prog"), pack(b""), pack(b"ram")].concat();
            assert_eq!(*unpack(&file).unwrap(), *b"a program");
        }
        assert_eq!(*unpack(BY_THE_TOOL).unwrap(), *b"seven\n");
    }

    #[test]
    fn more_than_the_limit_is_refused_and_not_unpacked() {
        let zeros = vec![0; 1 << 20];
        for pack in [gzip, zstandard] {
            let file = pack(&zeros);
            assert!(file.len() < 10_000);
            assert_eq!(unpack_up_to(1 << 20, &file).unwrap().len(), 1 << 20);
            let error = unpack_up_to((1 << 20) - 1, &file).unwrap_err();
            assert!(matches!(error, UnpackError::TooLarge { limit: 1_048_575, .. }), "{error}");
        }
    }

    #[test]
    fn a_damaged_or_cut_file_is_refused() {
        let whole = [gzip(b"a program"), BY_THE_TOOL.to_vec()];
        for file in whole {
            for bytes in 4..file.len() {
                let error = unpack(&file[..bytes]).unwrap_err();
                assert!(matches!(error, UnpackError::Damaged { .. }), "{bytes} bytes: {error}");
            }
            let mut other = file.clone();
            *other.last_mut().unwrap() ^= 1;
            let error = unpack(&other).unwrap_err().to_string();
            assert!(error.contains("damaged"), "{error}");
        }
    }
}
