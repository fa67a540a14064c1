//! Where pre-images come from.
//!
//! A guest names data by its [`Key`] and gets it from a [`Source`]: a [`Server`] process that speaks the
//! reference VMs' protocol over pipes, a [`Directory`] that such a server left behind, or [`Memory`].
//! [`Verified`] makes an [`isa_traits::Oracle`] of any of them, and lets no value through that does not hash
//! to its key.
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

mod directory;
mod error;
mod key;
mod memory;
mod server;
mod source;
mod verified;

pub use directory::Directory;
pub use error::{Error, Progress, Request};
pub use key::{Key, KeyType};
pub use memory::Memory;
pub use server::{Server, Waiting};
pub use source::{MAX_PREIMAGE_BYTES, Source};
pub use verified::{Counts, Verified};
