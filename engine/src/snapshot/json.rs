//! The JSON form (Asterisc `rvgo/fast/state.go:16-52`, Cannon `singlethreaded/state.go:77-131`).

use std::borrow::Cow;
use std::boxed::Box;
use std::collections::BTreeMap;
use std::format;
use std::io::{Read, Write};
use std::string::{String, ToString};
use std::vec::Vec;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use isa_traits::{Concrete, Fields, Hash, JsonPages, State, Target};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use super::{MAX_PAGES, Parts, SnapshotError, check_page_number};
use crate::memory::{PAGE_BYTES, Page};
use crate::vm::Vm;

#[derive(Deserialize)]
struct File {
    /// Asterisc writes states without memory for machines that have exited.
    #[serde(default)]
    memory: Option<Pages>,
    #[serde(flatten)]
    fields: BTreeMap<String, Value>,
}

/// The pages of a file, taken over one by one: as text they need several times the room.
#[derive(Default)]
struct Pages(Vec<(u64, Box<Page>)>);

#[derive(Deserialize)]
struct PageText<'a> {
    index: u64,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

impl<'de> Deserialize<'de> for Pages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pages;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of pages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pages, A::Error> {
                let mut pages = Pages::default();
                while let Some(PageText { index, data }) = seq.next_element()? {
                    let page = page_of_text(&data)
                        .ok_or_else(|| de::Error::custom(format!("the data of page {index} is no page")))?;
                    pages.0.push((index, page));
                    if pages.0.len() > MAX_PAGES {
                        return Err(de::Error::custom(format!("more than {MAX_PAGES} pages")));
                    }
                }
                Ok(pages)
            }
        }
        deserializer.deserialize_seq(Collect)
    }
}

/// A page from either of the texts: 8192 digits are hex, and no zlib stream of a page fills them in base64.
fn page_of_text(text: &str) -> Option<Box<Page>> {
    let mut page: Box<Page> = Box::new([0; PAGE_BYTES]);
    if text.len() == 2 * PAGE_BYTES {
        const_hex::decode_to_slice(text, &mut page[..]).ok()?;
        return Some(page);
    }
    let compressed = BASE64_STANDARD.decode(text).ok()?;
    let mut stream = ZlibDecoder::new(compressed.as_slice());
    stream.read_exact(&mut page[..]).ok()?;
    // The end of the stream, where its checksum is.
    (stream.read(&mut [0]).ok()? == 0).then_some(page)
}

pub(super) fn read<T: Target>(target: &T, from: &mut dyn Read) -> Result<Parts<T>, SnapshotError> {
    let File { memory, fields } = serde_json::from_reader(from)?;
    let mut pages = memory.unwrap_or_default().0;
    pages.sort_by_key(|&(number, _)| number);
    for pair in pages.windows(2) {
        if pair[0].0 == pair[1].0 {
            return Err(SnapshotError::PageTwice { number: pair[0].0 });
        }
    }
    if let Some(&(last, _)) = pages.last() {
        check_page_number::<T>(last)?;
    }
    let mut reader = Reader { fields };
    let mut state = State::default();
    target.fields(&mut state, &mut reader)?;
    let last_hint = match reader.fields.get("lastHint") {
        None | Some(Value::Null) => Vec::new(),
        Some(value) => hex_of("lastHint", value)?,
    };
    let recorded_hash = match reader.fields.get("stateHash") {
        Some(value) if T::STATE_FILES.carries_hash => Some(hash_of("stateHash", value)?),
        _ => None,
    };
    Ok(Parts { state, pages, last_hint, recorded_hash })
}

fn wrong(name: &'static str, value: &Value, wanted: &'static str) -> SnapshotError {
    SnapshotError::Field { name, found: value.to_string(), wanted }
}

fn hex_of(name: &'static str, value: &Value) -> Result<Vec<u8>, SnapshotError> {
    let text = value.as_str().and_then(|text| text.strip_prefix("0x"));
    text.and_then(|text| const_hex::decode(text).ok()).ok_or_else(|| wrong(name, value, "0x and hex digits"))
}

fn hash_of(name: &'static str, value: &Value) -> Result<Hash, SnapshotError> {
    hex_of(name, value)?.try_into().map_err(|_| wrong(name, value, "0x and 64 hex digits"))
}

/// Takes fields by their names. One that is missing keeps its zero, as with the references' reader.
struct Reader {
    fields: BTreeMap<String, Value>,
}

fn number_of(name: &'static str, value: &Value, bits: u32) -> Result<u64, SnapshotError> {
    let number = value.as_u64().filter(|number| bits == u64::BITS || number >> bits == 0);
    number.ok_or_else(|| wrong(name, value, "an unsigned number of the field's size"))
}

impl Fields for Reader {
    type Error = SnapshotError;

    fn hash(&mut self, name: &'static str, value: &mut Hash) -> Result<(), SnapshotError> {
        if let Some(found) = self.fields.get(name) {
            *value = hash_of(name, found)?;
        }
        Ok(())
    }

    fn number(&mut self, name: &'static str, bytes: usize, value: &mut u64) -> Result<(), SnapshotError> {
        if let Some(found) = self.fields.get(name) {
            *value = number_of(name, found, 8 * bytes as u32)?;
        }
        Ok(())
    }

    fn flag(&mut self, name: &'static str, value: &mut bool) -> Result<(), SnapshotError> {
        if let Some(found) = self.fields.get(name) {
            *value = found.as_bool().ok_or_else(|| wrong(name, found, "true or false"))?;
        }
        Ok(())
    }

    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), SnapshotError> {
        if let Some(found) = self.fields.get(name) {
            let words = found.as_array().filter(|words| words.len() == values.len());
            let words = words.ok_or_else(|| wrong(name, found, "an array of as many words as registers"))?;
            for (value, word) in values.iter_mut().zip(words) {
                *value = W::of(number_of(name, word, W::BITS)?);
            }
        }
        Ok(())
    }
}

/// Writes by hand what Go's encoder writes: two spaces of indentation, and a blank line at the end.
pub(super) fn write<T: Target>(vm: &mut Vm<T>, to: &mut dyn Write) -> Result<(), SnapshotError> {
    let (witness, hash) = (vm.witness(), vm.state_hash());
    to.write_all(b"{\n  \"memory\": [")?;
    for (i, (number, page)) in vm.memory().pages().enumerate() {
        let data = text_of_page(page, T::STATE_FILES.json_pages)?;
        let comma = if i == 0 { "" } else { "," };
        write!(to, "{comma}\n    {{\n      \"index\": {number},\n      \"data\": \"{data}\"\n    }}")?;
    }
    to.write_all(if vm.memory().page_count() == 0 { b"]" } else { b"\n  ]" })?;
    vm.target().fields(&mut vm.state().clone(), &mut Writer { to })?;
    if !vm.last_hint().is_empty() {
        write!(to, ",\n  \"lastHint\": \"0x{}\"", const_hex::encode(vm.last_hint()))?;
    }
    if T::STATE_FILES.carries_hash {
        write!(to, ",\n  \"witness\": \"{}\"", BASE64_STANDARD.encode(&*witness))?;
        write!(to, ",\n  \"stateHash\": \"0x{}\"", const_hex::encode(hash))?;
    }
    to.write_all(b"\n}\n\n")?;
    Ok(())
}

fn text_of_page(page: &Page, text: JsonPages) -> Result<String, SnapshotError> {
    Ok(match text {
        JsonPages::Hex => const_hex::encode(&page[..]),
        JsonPages::ZlibBase64 => {
            let mut compressed = Vec::new();
            ZlibEncoder::new(&page[..], Compression::default()).read_to_end(&mut compressed)?;
            BASE64_STANDARD.encode(compressed)
        }
    })
}

struct Writer<'a> {
    to: &'a mut dyn Write,
}

impl Writer<'_> {
    fn field(&mut self, name: &str, value: impl std::fmt::Display) -> Result<(), SnapshotError> {
        Ok(write!(self.to, ",\n  \"{name}\": {value}")?)
    }
}

impl Fields for Writer<'_> {
    type Error = SnapshotError;

    fn hash(&mut self, name: &'static str, value: &mut Hash) -> Result<(), SnapshotError> {
        self.field(name, format!("\"0x{}\"", const_hex::encode(value)))
    }

    fn number(&mut self, name: &'static str, _: usize, value: &mut u64) -> Result<(), SnapshotError> {
        self.field(name, value)
    }

    fn flag(&mut self, name: &'static str, value: &mut bool) -> Result<(), SnapshotError> {
        self.field(name, value)
    }

    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), SnapshotError> {
        let words: Vec<String> = values.iter().map(|word| format!("\n    {}", word.get())).collect();
        self.field(name, format!("[{}\n  ]", words.join(",")))
    }
}
