//! The program `op-block`: see the library.
#![cfg_attr(target_os = "none", no_std, no_main)]

fpvm_guest::entry!(op_block::run);
