//! `fpvm run`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use engine::{RunError, Vm};
use isa_traits::{Concrete, Hart, Isa, Target};
use loader::{Place, Symbols};
use oracle::{Source, Verified};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::pattern::Pattern;
use crate::report::Report;
use crate::screen::Screen;
use crate::status::Status;
use crate::targets::{IsaName, OnTarget};
use crate::{host, input, log};

/// Steps between looks at the clock and at signals: some hundredths of a second.
const SLICE: u64 = 5_000_000;

/// The flags of the references' `run`, and what people would rather type.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The program; writes no state, takes its symbols from the file and logs nothing unless asked to
    #[arg(value_name = "ELF", required_unless_present = "input", conflicts_with = "input")]
    elf: Option<PathBuf>,
    /// A state to go on from, with the references' defaults: --output out.json --meta meta.json --info-at %100000
    #[arg(long, value_name = "STATE")]
    input: Option<PathBuf>,
    /// Where the last state goes; empty for nowhere, - for standard output
    #[arg(long, value_name = "STATE")]
    output: Option<String>,
    /// The instruction set; an ELF file tells it
    #[arg(long)]
    isa: Option<IsaName>,
    /// Load the segments of the ELF file only: no patches, no stack
    #[arg(long, conflicts_with = "input")]
    bare: bool,
    /// Steps to stop before: never, always, =N or %N
    #[arg(long, value_name = "PATTERN", default_value = "never")]
    stop_at: Pattern,
    /// Steps to log a line at: never, always, =N or %N
    #[arg(long, value_name = "PATTERN")]
    info_at: Option<Pattern>,
    /// Metadata with symbols, for the log and for messages; empty for none
    #[arg(long, value_name = "FILE")]
    meta: Option<String>,
    /// Print one JSON object; the guest's output goes to standard error
    #[arg(long)]
    json: bool,
    /// Exit with the guest's exit code once it has exited
    #[arg(long)]
    guest_exit_code: bool,
    #[command(flatten)]
    host: host::Args,
}

/// Runs a program or a state.
pub(crate) fn run(args: Args) -> Result<Status> {
    match (&args.elf, &args.input) {
        (Some(path), _) => {
            let elf = input::read_elf(path)?;
            IsaName::of_elf(&elf, args.isa)
                .and_then(|isa| isa.with(RunElf { args: &args, elf: &elf }))
                .with_context(|| format!("cannot run {}", path.display()))
        }
        (None, Some(path)) => args.isa.unwrap_or(IsaName::Rv64).with(RunState { args: &args, path }),
        (None, None) => bail!("nothing to run; name an ELF file or a state with --input"),
    }
}

struct RunElf<'a> {
    args: &'a Args,
    elf: &'a [u8],
}

impl OnTarget for RunElf<'_> {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let (vm, mut symbols) = input::load_elf(target, self.elf, self.args.bare)?;
        if let Some(path) = self.args.meta.as_deref().filter(|path| !path.is_empty()) {
            symbols = read_symbols(path.as_ref())?;
        }
        let output = self.args.output.clone().unwrap_or_default();
        let info_at = self.args.info_at.unwrap_or(Pattern::Never);
        Run { args: self.args, vm, symbols, output, info_at }.go()
    }
}

struct RunState<'a> {
    args: &'a Args,
    path: &'a Path,
}

impl OnTarget for RunState<'_> {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let meta = self.args.meta.as_deref().unwrap_or("meta.json");
        let symbols = if meta.is_empty() { Symbols::default() } else { read_symbols(meta.as_ref())? };
        let vm = input::read_state(target, self.path)?;
        let output = self.args.output.clone().unwrap_or_else(|| "out.json".to_owned());
        let info_at = self.args.info_at.unwrap_or(Pattern::Every(100_000));
        Run { args: self.args, vm, symbols, output, info_at }.go()
    }
}

fn read_symbols(path: &Path) -> Result<Symbols> {
    let file = File::open(path)
        .with_context(|| format!("cannot open the metadata {}; --meta \"\" does without", path.display()))?;
    serde_json::from_reader(std::io::BufReader::new(file))
        .with_context(|| format!("{} is no metadata", path.display()))
}

/// Why a run stopped.
enum Stop {
    /// The guest exited, or the step to stop at was reached.
    AsAsked,
    /// A signal came.
    Interrupted,
    /// The machine refused an instruction.
    Trap(String),
    /// Something outside the machine failed.
    Failed(String),
}

struct Run<'a, T: Target> {
    args: &'a Args,
    vm: Vm<T>,
    symbols: Symbols,
    output: String,
    info_at: Pattern,
}

impl<T: Target> Run<'_, T> {
    fn go(mut self) -> Result<Status> {
        let interrupt = interrupt_flag()?;
        let mut oracle = self.args.host.open(&interrupt)?;
        let first_step = self.vm.state().step;
        let mut screen = Screen::new(self.args.json, first_step);
        let start = Instant::now();
        let stop = self.steps(&mut oracle, &mut screen, &interrupt, start);
        let seconds = start.elapsed().as_secs_f64();
        screen.clear();
        // The server must not outlive the run, nor hold up what follows.
        drop(oracle);

        let (status, error) = match stop {
            Stop::AsAsked if self.args.guest_exit_code && self.vm.state().exited => {
                (Status::Guest(self.vm.state().exit_code), None)
            }
            Stop::AsAsked => (Status::Done, None),
            Stop::Interrupted => (Status::Interrupted, Some("interrupted".to_owned())),
            Stop::Trap(text) => (Status::Trap, Some(text)),
            Stop::Failed(text) => (Status::Failed, Some(text)),
        };
        if let Some(error) = &error {
            log::error(error);
        }
        let saved = self.save(status);
        let made = self.vm.state().step - first_step;
        let report = Report::new(&mut self.vm, seconds, made, status == Status::Trap, error);
        if self.args.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            report.print();
        }
        saved.map(|()| status)
    }

    /// Writes the last state. After a trap there is none, as with the references; where the world outside
    /// failed, the steps already made are kept.
    fn save(&mut self, status: Status) -> Result<()> {
        if self.output.is_empty() || status == Status::Trap {
            return Ok(());
        }
        input::write_state(&mut self.vm, self.output.as_ref())?;
        if status == Status::Failed {
            log::warning(format_args!("the state before the step that failed is in {}", self.output));
        }
        Ok(())
    }

    /// Steps until something stops it. At each step the order is the references': log, stop, step.
    fn steps(
        &mut self,
        oracle: &mut Verified<Box<dyn Source>>,
        screen: &mut Screen,
        interrupt: &AtomicBool,
        start: Instant,
    ) -> Stop {
        let stop_at = self.args.stop_at;
        let first_step = self.vm.state().step;
        while !self.vm.state().exited {
            let step = self.vm.state().step;
            if self.info_at.matches(step) {
                screen.clear();
                self.log_info(start.elapsed(), step - first_step);
            }
            if stop_at.matches(step) {
                break;
            }
            let next = step.saturating_add(1);
            let end = stop_at.next(next);
            let until =
                [Some(step.saturating_add(SLICE)), self.info_at.next(next), end].into_iter().flatten().min();
            match self.vm.run(until.unwrap_or(next), oracle, screen) {
                Ok(()) => {}
                Err(RunError::Oracle { error: oracle::Error::Interrupted { .. }, .. }) => {
                    return Stop::Interrupted;
                }
                Err(RunError::Trap { step, pc, instruction, trap }) => {
                    return Stop::Trap(self.explain_trap(step, pc, instruction, trap));
                }
                Err(error) => return Stop::Failed(format!("{error} in {}", self.symbols.at(self.pc()))),
            }
            if interrupt.load(Ordering::Relaxed) {
                return Stop::Interrupted;
            }
            screen.progress(self.vm.state().step, self.vm.memory().page_count(), end);
        }
        Stop::AsAsked
    }

    fn pc(&self) -> u64 {
        self.vm.state().hart.pc().get()
    }

    fn explain_trap(&self, step: u64, pc: u64, instruction: u32, trap: isa_traits::Trap) -> String {
        let name = match self.vm.target().decode(instruction) {
            Ok(insn) => T::Isa::mnemonic(insn.op),
            Err(_) => "refused",
        };
        let place = match self.symbols.at(pc) {
            Place::Symbol(symbol) => format!("{}+{:#x}", symbol.name, pc - symbol.start),
            place => place.to_string(),
        };
        let reference = self.vm.target().reference_error(trap);
        format!(
            "trap at step {step}, pc {pc:#x} ({place}), instruction {instruction:#010x} ({name}): {trap} \
             [{} calls it {reference}]",
            T::NAME
        )
    }

    /// One line as the references log it.
    fn log_info(&self, elapsed: Duration, made: u64) {
        let pc = self.pc();
        let mut instruction = [0; 4];
        self.vm.memory().read(pc, &mut instruction);
        let instruction = match T::Isa::BYTE_ORDER {
            isa_traits::ByteOrder::Little => u32::from_le_bytes(instruction),
            isa_traits::ByteOrder::Big => u32::from_be_bytes(instruction),
        };
        let pages = self.vm.memory().page_count();
        eprintln!(
            "level=info msg=processing step={} pc={pc:#x} insn={instruction:08x} ips={:.0} pages={pages} mem={:.1}MiB name={}",
            self.vm.state().step,
            made as f64 / elapsed.as_secs_f64().max(1e-9),
            pages as f64 / 256.0,
            self.symbols.at(pc),
        );
    }
}

/// A flag that SIGINT and SIGTERM set. The second signal ends the process at once.
fn interrupt_flag() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&flag)))
            .context("cannot watch for signals")?;
    }
    Ok(flag)
}
