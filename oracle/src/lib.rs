//! Where pre-images come from.
