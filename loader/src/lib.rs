//! ELF files become initial states.
//!
//! [`load()`] does what the references' `load-elf` does: it copies the segments, makes a Go program fit for a
//! machine without threads by patching functions out, and sets up the stack. Whatever the file holds, the
//! answer is a state or a [`LoadError`], and the memory used is bounded: by [`MAX_IMAGE_PAGES`] for the guest,
//! by the size of the file for the rest. [`unpack()`] is for files that are compressed.
//!
//! References: Asterisc v1.3.0 (52519dc) `rvgo/fast/elf.go` and `rvgo/cmd/metadata.go`; Cannon (optimism
//! d317e96) `cannon/mipsevm/program/{load,patch,metadata}.go`. Where a file is malformed the references often
//! load something else than was meant; here it is refused, as the variants of [`LoadError`] tell.

mod error;
mod file;
mod go;
mod image;
mod kind;
mod load;
mod packed;
mod symbols;
mod warning;

pub use error::LoadError;
pub use image::MAX_IMAGE_PAGES;
pub use kind::Kind;
pub use load::{Loaded, Options, load};
pub use packed::{MAX_UNPACKED_BYTES, UnpackError, unpack};
pub use symbols::{Place, Symbol, Symbols};
pub use warning::Warning;
