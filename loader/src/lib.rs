//! ELF files become initial states.
