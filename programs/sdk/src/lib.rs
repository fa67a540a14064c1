//! The guest's side of the machine: what a fault-proof program needs and nothing else.
//!
//! A program is one function that takes the [`Oracle`] and returns its exit code (0 the claim is valid, 1 it is not):
//!
//! ```
//! #![cfg_attr(target_os = "none", no_std, no_main)]
//! use fpvm_guest::{Oracle, println};
//!
//! fn check(oracle: &mut dyn Oracle) -> u8 {
//!     let claimed = oracle.local(3);
//!     println!("the claim has {} bytes", claimed.len());
//!     if claimed.is_empty() { 1 } else { 0 }
//! }
//!
//! fpvm_guest::entry!(check);
//! ```
//!
//! The same source is a guest of either machine and an ordinary native program. Only the module `sys` knows which:
//! there the system calls live, one file for each ABI and one for the host.
//!
//! A program that cannot go on (a malformed or missing pre-image, an empty heap) panics: the message goes to standard
//! error and the exit code is 2.
#![no_std]
#![cfg_attr(all(target_os = "none", target_arch = "mips"), feature(asm_experimental_arch))]
#![allow(clippy::panic, reason = "a panic is the verdict of a program that cannot go on: exit code 2")]

extern crate alloc;
#[cfg(not(target_os = "none"))]
extern crate std;

#[cfg(any(target_os = "none", test))]
mod heap;
mod io;
mod key;
mod oracle;
#[allow(unsafe_code, reason = "system calls are inline assembly, and the entry point has a fixed symbol")]
mod sys;

#[doc(hidden)]
pub use io::print_line;
pub use key::{Hash, Key, hex, keccak256, sha256};
pub use oracle::Oracle;
#[doc(hidden)]
pub use sys::run;

/// Makes `fn(&mut dyn Oracle) -> u8` the program: the machine's entry point, or `main` of a native binary.
#[macro_export]
macro_rules! entry {
    ($program:path) => {
        /// Where the first instructions, which are the SDK's, go on.
        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        extern "C" fn fpvm_main() -> ! {
            $crate::run($program)
        }

        #[cfg(not(target_os = "none"))]
        fn main() {
            $crate::run($program)
        }
    };
}

/// Writes one line to standard output, in one system call.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => {
        $crate::print_line(::core::format_args!($($arg)*))
    };
}
