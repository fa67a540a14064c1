//! `cargo xtask claim-inputs`: the pre-images of the program `claim`, made by its model.

use crate::{Task, golden, root};

pub(crate) const TASK: Task = Task {
    name: "claim-inputs",
    about: "write programs/claim/preimages; with --check, compare",
    run: |args| {
        let check = golden::check_flag(args)?;
        let files = claim_model::checked_in().into_iter().map(|(key, value)| (hex(&key), value)).collect();
        golden::settle(&root().join("programs/claim/preimages"), &files, check)
    },
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
