//! What the instructions mean, by extension.

pub mod a;
pub mod i;
pub mod m;
