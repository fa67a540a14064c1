//! The program `verify-step`: see the library.
#![cfg_attr(target_os = "none", no_std, no_main)]

fpvm_guest::entry!(verify_step::run);
