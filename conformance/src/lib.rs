//! `fpvm` against what nobody here wrote.
//!
//! [`suites`] runs test programs that lie in files a user names, in every mode of the engine ([`modes`]), and
//! [`report`] counts them, also as [`junit`]. [`vectors`] reads what the reference machines did on a few small programs;
//! the tests hold our machines against it. [`generate`] makes programs that both machines must agree on.
//! [`decode`] maps what a target makes of every word, and [`lint`] tells what of a program it would refuse.

pub mod decode;
pub mod generate;
pub mod junit;
pub mod lint;
pub mod modes;
pub mod report;
pub mod suites;
pub mod vectors;
