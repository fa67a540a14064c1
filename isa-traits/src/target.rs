//! Targets: what a dispute is about.

use core::fmt::Debug;

use crate::{ByteOrder, Concrete, Hart, Hash, Insn, Isa, Reg, Trap};

/// The decoded instructions of a target.
pub type InsnOf<T> = Insn<OpOf<T>>;
/// The rows of a target's instruction table.
pub type OpOf<T> = <<T as Target>::Isa as Isa>::Op;
/// The registers of a target.
pub type HartOf<T> = <<T as Target>::Isa as Isa>::Hart;

/// A machine's state, but for its memory: what a step reads and writes, and the state hash covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State<H> {
    /// The registers.
    pub hart: H,
    /// The key of the pre-image being read.
    pub preimage_key: Hash,
    /// How many bytes of it were read, counting its 8-byte length prefix.
    pub preimage_offset: u64,
    /// The address the next `mmap` without a hint returns.
    pub heap: u64,
    /// The guest's exit code, once it has exited.
    pub exit_code: u8,
    /// Whether the guest has exited.
    pub exited: bool,
    /// How many steps were made.
    pub step: u64,
}

/// Someone who goes through the fields of a state in the order of the target's encoding.
///
/// One listing of the fields serves the witness, the binary and the JSON state files, both ways. All
/// encodings are big-endian.
pub trait Fields {
    /// Why a field could not be written or read.
    type Error;

    /// A hash or key of 32 bytes.
    ///
    /// # Errors
    /// Where the encoding ends early or holds something else.
    fn hash(&mut self, name: &'static str, value: &mut Hash) -> Result<(), Self::Error>;
    /// A number of `bytes` bytes.
    ///
    /// # Errors
    /// Where the encoding ends early or holds something else.
    fn number(&mut self, name: &'static str, bytes: usize, value: &mut u64) -> Result<(), Self::Error>;
    /// A truth value, encoded as one byte, 0 or 1.
    ///
    /// # Errors
    /// Where the encoding ends early or holds something else.
    fn flag(&mut self, name: &'static str, value: &mut bool) -> Result<(), Self::Error>;
    /// A row of words.
    ///
    /// # Errors
    /// Where the encoding ends early or holds something else.
    fn words<W: Concrete>(&mut self, name: &'static str, values: &mut [W]) -> Result<(), Self::Error>;

    /// One word.
    ///
    /// # Errors
    /// Where the encoding ends early or holds something else.
    fn word<W: Concrete>(&mut self, name: &'static str, value: &mut W) -> Result<(), Self::Error> {
        let mut number = value.get();
        self.number(name, W::BITS as usize / 8, &mut number)?;
        *value = W::of(number);
        Ok(())
    }

    /// One byte.
    ///
    /// # Errors
    /// Where the encoding ends early or holds something else.
    fn byte(&mut self, name: &'static str, value: &mut u8) -> Result<(), Self::Error> {
        let mut number = u64::from(*value);
        self.number(name, 1, &mut number)?;
        *value = number as u8;
        Ok(())
    }
}

/// An instruction set, the system calls of a kernel and the layout of a state, in one version.
pub trait Target: Copy + Debug + Send + Sync + 'static {
    /// The instruction set.
    type Isa: Isa;

    /// The name without the version: `asterisc-rv64`.
    const NAME: &'static str;
    /// Bytes of a witness: the encoded state that is hashed.
    const WITNESS_BYTES: usize;
    /// Bits of an address: 32 or 64. The memory tree has five levels less.
    const ADDRESS_BITS: u32;
    /// How many paths the proof of a step that is executed always has room for; surplus ones are zeros. `None`
    /// where a proof has as many as the step touches.
    const PROOF_PATHS: Option<usize>;
    /// Whether the contract takes any exited byte but 0 for an exited machine, and only 1 for one with a verdict;
    /// if not, it refuses a byte above 1.
    const LENIENT_EXITED: bool;
    /// How its state files are written.
    const STATE_FILES: StateFiles;

    /// The version, as the reference counts.
    fn version(&self) -> &'static str;
    /// The system calls.
    fn abi(&self) -> &'static Abi;
    /// What the loader has to know.
    fn elf(&self) -> &'static Elf;
    /// What the reference calls a trap: its error code or message.
    fn reference_error(&self, trap: Trap) -> &'static str;

    /// Goes through the fields of a state, after the memory root, in the order of the witness.
    ///
    /// # Errors
    /// What `fields` yields.
    fn fields<F: Fields>(&self, state: &mut State<HartOf<Self>>, fields: &mut F) -> Result<(), F::Error>;

    /// Decodes an instruction word as this version does.
    ///
    /// # Errors
    /// The trap of an encoding that is not accepted.
    fn decode(&self, raw: u32) -> Result<InsnOf<Self>, Trap> {
        Self::Isa::decode(raw)
    }
}

/// The system calls of a target, as data.
#[derive(Debug)]
pub struct Abi {
    /// The register that holds the number of the call.
    pub number: Reg,
    /// The registers that hold its arguments.
    pub args: [Reg; 6],
    /// The register that takes the result: all ones on failure.
    pub result: Reg,
    /// The register that takes the error code: 0 on success.
    pub error: Reg,
    /// The calls by number. Any other number succeeds with result 0.
    pub calls: &'static [(u64, Call)],
    /// Whether an exiting guest's pc still moves on.
    pub exit_retires: bool,
    /// Bytes within which one step of reading a pre-image or writing a key stays: an aligned block of them.
    pub transfer_bytes: u64,
    /// The error code of a file descriptor that does not fit the call.
    pub bad_fd: u64,
    /// The error code of an argument that makes no sense.
    pub invalid: u64,
    /// Whether `fcntl` knows command 1, `F_GETFD`.
    pub f_getfd: bool,
    /// The rules of `mmap`.
    pub mmap: Mmap,
}

/// How a target answers `mmap`.
#[derive(Debug)]
pub struct Mmap {
    /// A flag that must be set, with a file descriptor of −1, or the call fails with [`Abi::bad_fd`].
    pub anonymous: Option<u64>,
    /// The highest end of the heap; a call that would pass it, or wrap, fails with [`Abi::invalid`].
    pub heap_end: Option<u64>,
}

/// What a system call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Ends the guest with the low byte of argument 0 as its exit code.
    Exit,
    /// Returns a constant.
    Constant(u64),
    /// Fails with a constant error code.
    Fail(u64),
    /// Takes address space from the heap.
    Mmap,
    /// Reads from a file descriptor.
    Read,
    /// Writes to a file descriptor.
    Write,
    /// Asks about a file descriptor.
    Fcntl,
    /// Writes two constant words of 8 bytes, little-endian, to argument 1; if `resource` is given, only
    /// where argument 0 is that, and refuses anything else.
    Report {
        /// The only argument 0 that is accepted.
        resource: Option<u64>,
        /// The words written.
        words: [u64; 2],
    },
    /// Is refused with a trap.
    Refuse,
}

/// How the state files of a target are written, beyond the order of the fields.
#[derive(Clone, Copy, Debug)]
pub struct StateFiles {
    /// The first byte of a binary file, where the format has a version.
    pub version: Option<u8>,
    /// Bytes of the page count and of a page number in a binary file.
    pub page_number_bytes: usize,
    /// How a page stands in a JSON file.
    pub json_pages: JsonPages,
    /// Whether the file ends with the witness and the state hash.
    pub carries_hash: bool,
    /// Whether the reference reads JSON states of this version; if not, none are written.
    pub writes_json: bool,
}

/// The text of a page in a JSON state file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonPages {
    /// 8192 lower-case hex digits.
    Hex,
    /// Base64, standard and padded, of a zlib stream.
    ZlibBase64,
}

/// What the loader has to know of a target.
#[derive(Debug)]
pub struct Elf {
    /// `e_machine`.
    pub machine: u16,
    /// Whether the class is ELF64; otherwise it is ELF32.
    pub is_64: bool,
    /// The byte order of the file.
    pub byte_order: ByteOrder,
    /// A type of program header that is skipped: the architecture's attributes.
    pub skipped_header: u32,
    /// All of a program must lie below this address.
    pub image_end: Option<u64>,
    /// Where the heap begins.
    pub heap: u64,
    /// The instructions that replace a patched function: a return.
    pub return_stub: &'static [u8],
    /// A data symbol whose first 8 bytes are zeroed.
    pub zeroed_symbol: Option<&'static str>,
    /// The register that holds the stack pointer, and its initial value.
    pub stack: (Reg, u64),
    /// What lies on the initial stack: addresses and the bytes there, written in this order.
    pub stack_image: &'static [(u64, &'static [u8])],
}

impl<H: Hart> State<H> {
    /// The status of the machine, which is byte 0 of its state hash: 0 valid, 1 invalid, 2 panic,
    /// 3 unfinished.
    pub const fn status(&self) -> u8 {
        match (self.exited, self.exit_code) {
            (false, _) => 3,
            (true, 0) => 0,
            (true, 1) => 1,
            (true, _) => 2,
        }
    }
}
