//! Which instructions of a program can be reached.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use engine::Memory;
use isa_traits::{ByteOrder, Call, Concrete, InsnOf, Isa, Reg, Trap};
use loader::Loaded;

use super::known::Known;
use super::{Cause, Causes, Level};
use crate::decode::Decoder;

/// Bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// The instruction word at an address.
pub(super) fn word<T: Causes>(memory: &Memory, at: u64) -> u32 {
    let mut bytes = [0; INSTRUCTION as usize];
    memory.read(at, &mut bytes);
    match T::Isa::BYTE_ORDER {
        ByteOrder::Little => u32::from_le_bytes(bytes),
        ByteOrder::Big => u32::from_be_bytes(bytes),
    }
}

/// A search of a program's code.
#[derive(Debug)]
pub(super) struct Reach<'a, T: Causes> {
    target: T,
    decoder: &'a Decoder<T>,
    loaded: &'a Loaded<T>,
    /// Where symbols of the code start, in order.
    starts: Vec<u64>,
    /// Addresses to go on from.
    queue: Vec<u64>,
    /// Instructions that were gone on from.
    visited: HashSet<u64>,
    /// Instructions in the delay slot of a jump.
    slots: HashSet<u64>,
    /// What is to be reported, by address.
    pub(super) found: BTreeMap<u64, Cause>,
    /// System calls whose number is not known.
    pub(super) hidden_calls: BTreeSet<u64>,
}

/// How an instruction goes on.
enum Next {
    /// With the next one.
    On,
    /// Not at all.
    Ends,
    /// With a jump.
    Jump {
        /// Whatever the state.
        always: bool,
        /// There, if that is known.
        to: Option<u64>,
        /// And perhaps back.
        links: bool,
        /// To where the function was called from.
        returns: bool,
    },
}

impl<'a, T: Causes> Reach<'a, T> {
    pub(super) fn new(target: T, decoder: &'a Decoder<T>, loaded: &'a Loaded<T>) -> Self {
        let mut search = Self {
            target,
            decoder,
            loaded,
            starts: Vec::new(),
            queue: Vec::new(),
            visited: HashSet::new(),
            slots: HashSet::new(),
            found: BTreeMap::new(),
            hidden_calls: BTreeSet::new(),
        };
        let symbols = loaded.symbols.as_slice().iter().map(|symbol| symbol.start);
        search.starts = symbols.filter(|&at| search.code_at(at).is_some()).collect();
        search.starts.dedup();
        search
    }

    /// The piece of code that an address is in.
    fn code_at(&self, at: u64) -> Option<&Range<u64>> {
        self.loaded.code.iter().find(|code| code.contains(&at) && code.contains(&(at + INSTRUCTION - 1)))
    }

    /// How many instructions are reached.
    pub(super) fn reached(&self) -> usize {
        self.visited.union(&self.slots).count()
    }

    /// Whether an instruction is reached.
    pub(super) fn has(&self, pc: u64) -> bool {
        self.visited.contains(&pc) || self.slots.contains(&pc)
    }

    /// Searches from the entry, and from what the data of the program points to.
    pub(super) fn run(&mut self, entry: u64) {
        self.queue.push(entry);
        let bytes = T::ADDRESS_BITS as usize / 8;
        for contents in &self.loaded.contents {
            let mut at = contents.start.next_multiple_of(bytes as u64);
            // A page at a time; words are aligned, so none lies across two pages.
            while at < contents.end {
                let end = contents.end.min((at & !0xfff) + 0x1000);
                let mut page = vec![0; (end - at) as usize];
                self.loaded.memory.read(at, &mut page);
                for pointer in page.chunks_exact(bytes) {
                    let pointer = match T::Isa::BYTE_ORDER {
                        ByteOrder::Little => pointer.iter().rfold(0, |all, &byte| all << 8 | u64::from(byte)),
                        ByteOrder::Big => pointer.iter().fold(0, |all, &byte| all << 8 | u64::from(byte)),
                    };
                    self.take(pointer);
                }
                at = end;
            }
        }
        while let Some(at) = self.queue.pop() {
            self.walk(at);
        }
    }

    /// Notes a value that may be the address of a function. Without symbols any address of code is one.
    fn take(&mut self, value: u64) {
        let starts = self.starts.binary_search(&value).is_ok();
        if starts
            || self.starts.is_empty() && value.is_multiple_of(INSTRUCTION) && self.code_at(value).is_some()
        {
            self.queue.push(value);
        }
    }

    /// Goes on from an address to where the code ends or was gone through before.
    fn walk(&mut self, mut pc: u64) {
        let mut known = Known::nothing();
        while self.enters(pc) {
            let (always, to, links, returns) = match self.instruction(pc, &mut known, true) {
                Next::On => {
                    pc += INSTRUCTION;
                    continue;
                }
                Next::Ends => return,
                Next::Jump { always, to, links, returns } => (always, to, links, returns),
            };
            // The rest of the call's own bytes is the delay slot.
            if T::Isa::CALL_BYTES > INSTRUCTION {
                let slot = pc + INSTRUCTION;
                self.slots.insert(slot);
                if matches!(self.instruction(slot, &mut known, false), Next::Ends) {
                    // Where the jump is not taken, or goes to where it would go on anyway, what stands in its slot is an
                    // instruction like any other.
                    if !always || to == Some(slot + INSTRUCTION) {
                        self.queue.push(slot);
                    }
                    return;
                }
            }
            match to {
                Some(to) if to % INSTRUCTION == 0 => self.queue.push(to),
                Some(_) => self.report(pc, super::cause::MISALIGNED_JUMP),
                None => {}
            }
            // Without symbols even a call may lead to any place.
            if (!links && !returns || self.starts.is_empty()) && self.is_computed(pc) {
                self.take_function(pc);
            }
            if links {
                known = Known::nothing();
            }
            if always && !links {
                return;
            }
            pc += T::Isa::CALL_BYTES;
            let next = word::<T>(&self.loaded.memory, pc);
            if links && T::is_padding(next) {
                self.report(pc, super::cause::PADDING);
                return;
            }
        }
    }

    /// Whether there is code at `pc` that was not gone through yet.
    fn enters(&mut self, pc: u64) -> bool {
        if T::Isa::fetchable(Concrete::of(pc)).is_err() {
            self.report(pc, super::cause::MISALIGNED_FETCH);
            return false;
        }
        if self.code_at(pc).is_none() {
            // Nothing is known of what is outside but the word that is there at first.
            let raw = word::<T>(&self.loaded.memory, pc);
            if self.decoder.decode(raw).is_err() {
                self.report(pc, if pc == 0 { super::cause::JUMP_TO_0 } else { T::refusal(raw) });
            }
            return false;
        }
        self.visited.insert(pc)
    }

    /// Whether the jump at `pc` goes where a register says.
    fn is_computed(&self, pc: u64) -> bool {
        let mut fresh = Known::<T::Isa>::nothing();
        fresh.at(pc);
        match self.decoder.decode(word::<T>(&self.loaded.memory, pc)) {
            Ok(insn) => T::Isa::execute(&mut fresh, &insn).is_ok() && matches!(fresh.jump, Some((_, None))),
            Err(_) => false,
        }
    }

    /// Takes all of the function at `pc` for reached: a computed jump in it may lead to any place in it.
    fn take_function(&mut self, pc: u64) {
        let Some(code) = self.code_at(pc).cloned() else { return };
        let next = self.starts.partition_point(|&start| start <= pc);
        let start = next.checked_sub(1).map_or(code.start, |last| self.starts[last].max(code.start));
        let end = self.starts.get(next).map_or(code.end, |&end| end.min(code.end));
        let (visited, memory) = (&self.visited, &self.loaded.memory);
        let places = (start..end).step_by(INSTRUCTION as usize);
        let places = places.filter(|at| !visited.contains(at) && !T::is_padding(word::<T>(memory, *at)));
        self.queue.extend(places);
    }

    /// Whether there is nothing but padding from here to the next function: a call before it does not return.
    fn fills_up(&self, pc: u64) -> bool {
        let next = self.starts.get(self.starts.partition_point(|&start| start <= pc));
        next.is_some_and(|&next| {
            let mut words = (pc..next).step_by(INSTRUCTION as usize);
            self.starts.binary_search(&pc).is_err()
                && words.all(|at| T::is_padding(word::<T>(&self.loaded.memory, at)))
        })
    }

    /// Of several causes at one place, the one that matters most is kept.
    fn report(&mut self, pc: u64, cause: Cause) {
        let kept = self.found.entry(pc).or_insert(cause);
        *kept = cause.min(*kept);
    }

    /// Looks at one instruction, which may jump unless it stands in a delay slot.
    fn instruction(&mut self, pc: u64, known: &mut Known<T::Isa>, may_jump: bool) -> Next {
        let raw = word::<T>(&self.loaded.memory, pc);
        let insn = match self.decoder.decode(raw) {
            Ok(insn) => insn,
            Err(_) => {
                let cause = if self.fills_up(pc) { super::cause::PADDING } else { T::refusal(raw) };
                self.report(pc, cause);
                // What follows an instruction of another extension is to be seen too.
                return if T::is_whole(raw) && cause.level == Level::Refused { Next::On } else { Next::Ends };
            }
        };
        if let Some(cause) = T::difference(self.decoder, raw) {
            self.report(pc, cause);
        }
        known.at(pc);
        match T::Isa::execute(known, &insn) {
            Ok(()) => {}
            Err(Trap::EnvironmentCall) => return self.system_call(pc, known),
            // The decoder has refused what is refused in every state.
            Err(_) => return Next::Ends,
        }
        if insn.rd != Reg::SINK
            && let Some(value) = known.get(insn.rd)
            && known.jump.is_none()
        {
            self.take(value);
        }
        match known.jump {
            None => Next::On,
            Some(_) if !may_jump => {
                self.report(pc, super::cause::JUMP_IN_SLOT);
                Next::Ends
            }
            Some((_, to)) => Next::Jump {
                always: always::<T>(pc, &insn),
                to,
                links: T::Isa::links(insn.op) && insn.rd != Reg::SINK,
                returns: insn.rs1 == T::Isa::RETURN_ADDRESS,
            },
        }
    }

    fn system_call(&mut self, pc: u64, known: &mut Known<T::Isa>) -> Next {
        let abi = self.target.abi();
        let number = known.get(abi.number);
        known.forget(abi.result);
        known.forget(abi.error);
        let Some(number) = number else {
            self.hidden_calls.insert(pc);
            return Next::On;
        };
        match abi.calls.iter().find(|(known, _)| *known == number) {
            Some((_, Call::Refuse)) => {
                self.report(pc, super::cause::REFUSED_CALL);
                Next::Ends
            }
            Some((_, Call::Exit)) => Next::Ends,
            Some(_) => Next::On,
            None => {
                self.report(pc, super::cause::UNKNOWN_CALL);
                Next::On
            }
        }
    }
}

/// Whether an instruction jumps whatever the registers hold.
fn always<T: Causes>(pc: u64, insn: &InsnOf<T>) -> bool {
    let mut fresh = Known::<T::Isa>::nothing();
    fresh.at(pc);
    let _ = T::Isa::execute(&mut fresh, insn);
    matches!(fresh.jump, Some((true, _)))
}
