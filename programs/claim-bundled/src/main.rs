//! The program `claim-bundled`: see the library.
#![cfg_attr(target_os = "none", no_std, no_main)]

fpvm_guest::entry!(claim_bundled::run);
