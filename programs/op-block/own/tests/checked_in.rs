//! The blocks in the repository.
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

#[test]
fn the_checked_in_blocks_are_those_that_are_made() {
    let mut names: Vec<_> = std::fs::read_dir(op_block_own::folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let blocks = op_block_own::blocks();
    assert_eq!(names, blocks.keys().cloned().collect::<Vec<_>>());
    for (name, json) in blocks {
        let checked_in = std::fs::read_to_string(op_block_own::folder().join(&name)).unwrap();
        assert!(checked_in == json, "{name} is another; write it with: cargo run -p op-block-own");
    }
}
