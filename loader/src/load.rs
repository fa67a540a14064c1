//! From a file to the state a program starts in.

use std::ops::Range;

use engine::Memory;
use isa_traits::{Concrete, Elf, Hart, HartOf, State, Target};

use crate::file::File;
use crate::image::{self, Image};
use crate::{Kind, LoadError, Symbols, Warning, go};

/// Bytes of an instruction, on every target.
const INSTRUCTION_BYTES: u64 = 4;

/// How to load a program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Only the segments, the entry and the heap: nothing is patched and the stack pointer stays 0, as the test
    /// programs of an architecture want it (the reference's `LoadELF` alone).
    pub bare: bool,
}

/// A program ready to run.
#[derive(Debug)]
pub struct Loaded<T: Target> {
    /// The registers and all else but memory, at step 0.
    pub state: State<HartOf<T>>,
    /// The program and its stack.
    pub memory: Memory,
    /// The names of its addresses.
    pub symbols: Symbols,
    /// The addresses that the file gives contents.
    pub contents: Vec<Range<u64>>,
    /// Those of them that hold instructions: by the executable sections, or by the executable segments of a file that
    /// has no sections.
    pub code: Vec<Range<u64>>,
    /// What its user should know.
    pub warnings: Vec<Warning>,
}

/// Loads the ELF file `elf` for `target`.
///
/// All segments are written, whatever their type, except the architecture's attributes; then, unless
/// [`Options::bare`], the Go functions that cannot work are patched and the stack is set up. A program without
/// symbols is loaded without patches, and with a warning.
///
/// # Errors
/// Why the file is refused.
pub fn load<T: Target>(target: &T, elf: &[u8], options: Options) -> Result<Loaded<T>, LoadError> {
    let data = target.elf();
    let file = File::open(elf, Kind::from(data))?;
    let image = Image::new(&file, data, T::ADDRESS_BITS)?;
    if !image.holds(file.entry(), INSTRUCTION_BYTES) {
        return Err(LoadError::Entry { entry: file.entry() });
    }
    let sections = file.sections()?;
    let symbols = file.symbols(&sections)?;

    let mut state = State { heap: data.heap, ..State::<HartOf<T>>::default() };
    state.hart.start_at(Concrete::of(file.entry()));
    let mut memory = Memory::new(T::ADDRESS_BITS);
    image.write(&mut memory);
    let mut warnings = Vec::new();
    if !options.bare {
        patch(&image, data, &symbols, &mut memory)?;
        for &(at, bytes) in data.stack_image {
            image::write(&mut memory, at, bytes);
        }
        let (register, pointer) = data.stack;
        state.hart.x_mut()[register] = Concrete::of(pointer);

        if symbols.as_slice().is_empty() {
            warnings.push(Warning::NoSymbols);
        }
        let version = file.section(&sections, go::BUILD_INFO).and_then(go::version);
        if let Some(version) = version.filter(|version| go::too_new(version)) {
            warnings.push(Warning::NewerGo { version: version.to_owned() });
        }
    }
    let (contents, code) = (image.contents(), image.code(&sections));
    Ok(Loaded { state, memory, symbols, contents, code, warnings })
}

/// Makes a Go program fit for the target; does nothing to any other.
fn patch(image: &Image<'_>, data: &Elf, symbols: &Symbols, memory: &mut Memory) -> Result<(), LoadError> {
    let returning = go::RETURNING.into_iter().map(|name| (name, data.return_stub));
    let zeroed = data.zeroed_symbol.map(|name| (name, [0; 8].as_slice()));
    for (name, bytes) in returning.chain(zeroed) {
        for symbol in symbols.named(name) {
            if !image.holds(symbol.start, bytes.len() as u64) {
                return Err(LoadError::Patch { name: name.to_owned(), at: symbol.start });
            }
            image::write(memory, symbol.start, bytes);
        }
    }
    Ok(())
}
