//! State files built byte by byte, apart from the code under test.

use engine::Vm;
use engine::snapshot::{self, Format, SnapshotError};
use isa_traits::Target;

/// A page number and the page.
type Page = (u64, [u8; 4096]);

/// A binary state of Asterisc (rvgo/fast/state.go:160-206).
#[derive(Default)]
pub(crate) struct RvFile {
    pub(crate) pages: Vec<Page>,
    pub(crate) preimage_key: [u8; 32],
    pub(crate) preimage_offset: u64,
    pub(crate) pc: u64,
    pub(crate) exit_code: u8,
    pub(crate) exited: bool,
    pub(crate) step: u64,
    pub(crate) heap: u64,
    pub(crate) reservation: u64,
    pub(crate) registers: [u64; 32],
    pub(crate) last_hint: Vec<u8>,
}

impl RvFile {
    /// The file, with no witness and no state hash yet.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = (self.pages.len() as u64).to_be_bytes().to_vec();
        for (number, page) in &self.pages {
            file.extend(number.to_be_bytes());
            file.extend(page);
        }
        file.extend(self.preimage_key);
        file.extend([self.preimage_offset, self.pc].map(u64::to_be_bytes).concat());
        file.extend([self.exit_code, self.exited.into()]);
        file.extend([self.step, self.heap, self.reservation].map(u64::to_be_bytes).concat());
        file.extend(self.registers.map(u64::to_be_bytes).concat());
        file.extend((self.last_hint.len() as u32).to_be_bytes());
        file.extend(&self.last_hint);
        // The witness, of no bytes, and the state hash.
        file.extend([0; 4 + 32]);
        file
    }
}

/// A binary state of Cannon (optimism cannon/mipsevm/singlethreaded/state.go:189-253).
#[derive(Default)]
pub(crate) struct CannonFile {
    pub(crate) pages: Vec<Page>,
    pub(crate) next_pc: u32,
}

impl CannonFile {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = vec![2];
        file.extend((self.pages.len() as u32).to_be_bytes());
        for (number, page) in &self.pages {
            file.extend((*number as u32).to_be_bytes());
            file.extend(page);
        }
        // The key, its offset and the pc; lo, hi and heap, exit code and whether exited; step; registers; hint.
        file.extend([0; 32 + 4 + 4]);
        file.extend(self.next_pc.to_be_bytes());
        file.extend([0; 3 * 4 + 2 + 8 + 32 * 4 + 4]);
        file
    }
}

pub(crate) fn read_binary<T: Target>(target: T, mut file: &[u8]) -> Result<Vm<T>, SnapshotError> {
    snapshot::read(target, Format::Binary, &mut file).map(|snapshot| snapshot.vm)
}

pub(crate) fn read_json<T: Target>(target: T, text: &str) -> Result<Vm<T>, SnapshotError> {
    snapshot::read(target, Format::Json, &mut text.as_bytes()).map(|snapshot| snapshot.vm)
}

pub(crate) fn written<T: Target>(vm: &mut Vm<T>, format: Format) -> Vec<u8> {
    let mut file = Vec::new();
    snapshot::write(vm, format, &mut file).unwrap();
    file
}

pub(crate) fn text<T: Target>(vm: &mut Vm<T>) -> String {
    String::from_utf8(written(vm, Format::Json)).unwrap()
}
