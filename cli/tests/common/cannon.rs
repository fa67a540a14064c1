//! Cannon's states, read and written apart from the code under test.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};

/// The JSON that single-threaded Cannon wrote before its states had versions, from a binary state of version 2
/// (optimism cannon/mipsevm/singlethreaded/state.go:77-131).
pub(crate) fn legacy_json(binary: &[u8]) -> String {
    let mut rest = binary;
    let mut take = |bytes: usize| {
        let (taken, left) = rest.split_at(bytes);
        rest = left;
        taken
    };
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
    let hex = |bytes: &[u8]| Value::from(alloy_primitives::hex::encode_prefixed(bytes));
    assert_eq!(take(1), [2]);
    let pages: Vec<Value> = (0..number(take(4)))
        .map(|_| json!({"index": number(take(4)), "data": page_text(take(4096))}))
        .collect();
    let mut state = Map::from_iter([("memory".into(), pages.into()), ("preimageKey".into(), hex(take(32)))]);
    for name in ["preimageOffset", "pc", "nextPC", "lo", "hi", "heap"] {
        state.insert(name.into(), number(take(4)).into());
    }
    state.insert("exit".into(), take(1)[0].into());
    state.insert("exited".into(), (take(1) == [1]).into());
    state.insert("step".into(), number(take(8)).into());
    state.insert("registers".into(), (0..32).map(|_| number(take(4))).collect::<Vec<_>>().into());
    let hint_bytes = number(take(4)) as usize;
    if hint_bytes > 0 {
        state.insert("lastHint".into(), hex(take(hint_bytes)));
    }
    serde_json::to_string(&state).unwrap()
}

fn page_text(page: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(page).unwrap();
    BASE64_STANDARD.encode(encoder.finish().unwrap())
}
