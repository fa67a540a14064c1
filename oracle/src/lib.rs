//! Where pre-images come from.
//!
//! A guest names data by its [`Key`] and gets it from a [`Source`]: a [`Server`] process that speaks the
//! reference VMs' protocol over pipes, a [`Directory`] that such a server left behind, a [`Bundle`] of all that
//! another run used, or [`Memory`]. [`Verified`] makes an [`isa_traits::Oracle`] of any of them, lets no value
//! through that does not hash to its key, and records a bundle if it is asked to.
//!
//! ```
//! use isa_traits::Oracle;
//! use oracle::{Memory, Verified};
//!
//! let mut memory = Memory::default();
//! let key = memory.insert_keccak256(b"a block header".to_vec());
//! let mut oracle = Verified::new(memory);
//! assert_eq!(oracle.get(key.as_bytes())?, b"a block header");
//! # Ok::<(), oracle::Error>(())
//! ```

mod bundle;
mod directory;
mod error;
mod layout;
mod memory;
mod server;
mod source;
mod verified;

pub use bundle::{Bundle, MAX_BUNDLE_BYTES};
pub use directory::Directory;
pub use error::{Error, Progress, Request};
pub use layout::Layout;
pub use memory::Memory;
pub use preimage::{Key, KeyType};
pub use server::{Server, Waiting};
pub use source::{MAX_PREIMAGE_BYTES, Source};
pub use verified::{Count, Counts, Verified};
