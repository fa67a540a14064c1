//! What two programs are compared by.

use std::sync::mpsc::SyncSender;

use alloy_primitives::B256;
use anyhow::Result;
use isa_traits::Stream;
use serde::Serialize;

use crate::files;
use crate::member::{Deed, Follow, Outcome, Place};

/// Output is compared in blocks of so many bytes, however it was written.
const BLOCK: usize = 4096;

/// What a program did, and where.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Event {
    #[serde(flatten)]
    pub(crate) what: What,
    #[serde(flatten)]
    place: Place,
}

/// Something that must be the same on any machine.
///
/// How many bytes one system call moves is a matter of the machine, so successive reads of a pre-image are one
/// event, and so are successive writes to a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "event")]
pub(crate) enum What {
    /// A pre-image was read from its beginning, or went on being read; `bytes` counts its 8-byte length.
    Preimage { key: B256, bytes: u64 },
    /// A hint was given.
    Hint { text: String },
    /// Bytes were printed to standard output.
    Output { text: String },
    /// Bytes were printed to standard error.
    Error { text: String },
    /// The guest exited.
    Exit { code: u8 },
    /// The guest did not get to its end.
    Failure { reason: String },
}

impl What {
    /// Whether it can be agreed on: that both fail is no agreement.
    pub(crate) const fn may_agree(&self) -> bool {
        !matches!(self, Self::Failure { .. })
    }
}

impl Event {
    /// Prints the event with its place.
    pub(crate) fn print(&self, name: &str) -> Result<()> {
        let what = match &self.what {
            What::Preimage { key, bytes } => {
                format!("reads {bytes} bytes of pre-image {key}, its length counted")
            }
            What::Hint { text } => format!("hints {text:?}"),
            What::Output { text } => format!("prints {text:?}"),
            What::Error { text } => format!("prints {text:?} to standard error"),
            What::Exit { code } => format!("exits with code {code}"),
            What::Failure { reason } => format!("fails: {reason}"),
        };
        files::print(format_args!("{name}  {what}"))?;
        files::print(format_args!("   at step {}, pc {}", self.place.step, self.place.pc))?;
        for caller in &self.place.callers {
            files::print(format_args!("   may be called from {caller}"))?;
        }
        Ok(())
    }
}

/// Makes events of deeds and sends them.
pub(crate) struct Teller {
    sender: SyncSender<Event>,
    open: Option<(Open, Place)>,
}

/// An event that may go on.
enum Open {
    Read { key: B256, to: u64 },
    Print(Stream, Vec<u8>),
}

impl Teller {
    pub(crate) const fn new(sender: SyncSender<Event>) -> Self {
        Self { sender, open: None }
    }

    /// Sends an event. Nobody listens any more once a difference was found.
    fn send(&self, what: What, place: Place) {
        let _ = self.sender.send(Event { what, place });
    }

    /// Sends the event that is open.
    fn close(&mut self) {
        match self.open.take() {
            None => {}
            Some((Open::Read { key, to }, place)) => self.send(What::Preimage { key, bytes: to }, place),
            Some((Open::Print(stream, bytes), place)) => self.send(print_of(stream, &bytes), place),
        }
    }

    fn print(&mut self, stream: Stream, mut new: Vec<u8>, place: &dyn Fn() -> Place) {
        match &mut self.open {
            Some((Open::Print(open, bytes), _)) if *open == stream => bytes.append(&mut new),
            _ => {
                self.close();
                self.open = Some((Open::Print(stream, new), place()));
            }
        }
        while let Some((Open::Print(_, bytes), at)) = &mut self.open
            && bytes.len() > BLOCK
        {
            let rest = bytes.split_off(BLOCK);
            let (full, at) = (std::mem::replace(bytes, rest), at.clone());
            self.send(print_of(stream, &full), at);
        }
    }
}

fn print_of(stream: Stream, bytes: &[u8]) -> What {
    let text = bytes.escape_ascii().to_string();
    match stream {
        Stream::Output => What::Output { text },
        Stream::Error => What::Error { text },
    }
}

impl Follow for Teller {
    const DEEDS: bool = true;

    fn deed(&mut self, deed: Deed, place: &dyn Fn() -> Place) {
        match deed {
            Deed::Read { key, from, to } => match &mut self.open {
                Some((Open::Read { key: open, to: last }, _))
                    if *open == key && *last == from && from != 0 =>
                {
                    *last = to;
                }
                _ => {
                    self.close();
                    self.open = Some((Open::Read { key: key.into(), to }, place()));
                }
            },
            Deed::Hint(bytes) => {
                self.close();
                self.send(What::Hint { text: bytes.escape_ascii().to_string() }, place());
            }
            Deed::Print(stream, bytes) => self.print(stream, bytes, place),
        }
    }

    fn end(&mut self, outcome: &Outcome, place: &dyn Fn() -> Place) {
        self.close();
        let what = match (outcome.exit_code, &outcome.error) {
            (Some(code), _) => What::Exit { code },
            (None, error) => What::Failure { reason: error.clone().unwrap_or_default() },
        };
        self.send(what, place());
    }
}
