//! Writes the inputs of a block into a directory of files named by key: `unpack BLOCK.json[.gz] DIR`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "whoever runs it sees why it fails")]

use flate2::read::GzDecoder;
use std::{fs, io::Read, path::Path};

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [file, folder] = args.as_slice() else { panic!("wanted: BLOCK.json[.gz] DIR, found {args:?}") };
    let mut json = fs::read(file).unwrap();
    if file.ends_with(".gz") {
        let packed = std::mem::take(&mut json);
        GzDecoder::new(&packed[..]).read_to_end(&mut json).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    for (key, value) in op_block_inputs::import(&json).unwrap().values {
        fs::write(Path::new(folder).join(key.to_string()), value).unwrap();
    }
}
