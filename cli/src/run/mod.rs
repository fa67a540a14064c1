//! `fpvm run`.

mod drive;
mod paranoid;
mod per_step;
mod stop;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use engine::Vm;
use isa_traits::Target;
use loader::Symbols;

use self::drive::Run;
use self::per_step::step_name;
use crate::pattern::Pattern;
use crate::status::Status;
use crate::targets::{self, OnTarget};
use crate::{files, host, input, tier};

/// The flags of the references' `run`, and what people would rather type.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The program; writes no state, takes its symbols from the file and logs nothing unless asked to
    #[arg(value_name = "ELF", required_unless_present = "input", conflicts_with = "input")]
    elf: Option<PathBuf>,
    /// A state to go on from, with the references' defaults: --output out.json (out.bin.gz where states have no
    /// JSON form), --meta meta.json, --info-at %100000
    #[arg(long, value_name = "STATE")]
    input: Option<PathBuf>,
    /// Where the last state goes; empty for nowhere, - for standard output
    #[arg(long, value_name = "STATE", value_parser = files::name_or_none())]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: targets::Args,
    #[command(flatten)]
    tier: tier::Args,
    /// Load the segments of the ELF file only: no patches, no stack
    #[arg(long, conflicts_with = "input")]
    bare: bool,
    /// Refuse a state whose file carries another hash than its own
    #[arg(long)]
    strict: bool,

    /// Steps to stop before: never, always, =N, =N,M, %N or N..M
    #[arg(long, value_name = "PATTERN", default_value = "never", help_heading = "When")]
    stop_at: Pattern,
    /// Steps to prove: as above, or symbol:NAME for every step that enters a function (slower)
    #[arg(long, value_name = "PATTERN", default_value = "never", help_heading = "When")]
    proof_at: ProofAt,
    /// Where a proof goes; %d stands for the step
    #[arg(long, value_name = "NAME", default_value = "proof-%d.json", help_heading = "When")]
    proof_fmt: String,
    /// Steps to save the state before
    #[arg(long, value_name = "PATTERN", default_value = "never", help_heading = "When")]
    snapshot_at: Pattern,
    /// Where a snapshot goes; %d stands for the step
    #[arg(long, value_name = "NAME", default_value = "state-%d.json", help_heading = "When")]
    snapshot_fmt: String,
    /// Steps to log a line at
    #[arg(long, value_name = "PATTERN", help_heading = "When")]
    info_at: Option<Pattern>,
    #[command(flatten)]
    stop: stop::Args,
    /// Steps to prove and verify on the way; where that fails the run stops and keeps the evidence
    #[arg(long, value_name = "PATTERN", default_value = "never", help_heading = "When")]
    paranoid: Pattern,

    /// Metadata with symbols, for the log and for messages; empty for none
    #[arg(long, value_name = "FILE", value_parser = files::name_or_none())]
    meta: Option<PathBuf>,
    /// Print one JSON object; the guest's output goes to standard error
    #[arg(long)]
    json: bool,
    /// Exit with the guest's exit code once it has exited
    #[arg(long)]
    guest_exit_code: bool,
    /// Where figures about the run go, as JSON: pages, memory, pre-images, steps
    #[arg(long, value_name = "FILE")]
    debug_info: Option<PathBuf>,
    /// Accepted, as the references have it, and without effect: use a profiler on the process
    #[arg(long = "pprof.cpu", hide = true)]
    pprof_cpu: bool,
    /// Accepted, as Cannon has it, and without effect: traps always name the place
    #[arg(long, hide = true)]
    debug: bool,
    #[command(flatten)]
    record: host::Record,
    #[command(flatten)]
    host: host::Args,
}

/// Which steps to prove.
#[derive(Clone, Debug)]
enum ProofAt {
    Steps(Pattern),
    /// Those at the first instruction of a function.
    Symbol(String),
}

impl FromStr for ProofAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("symbol:") {
            Some(name) => Ok(Self::Symbol(name.to_owned())),
            None => text.parse().map(Self::Steps),
        }
    }
}

/// Runs a program or a state.
pub(crate) fn run(args: &Args) -> Result<Status> {
    match (&args.elf, &args.input) {
        (Some(path), _) => {
            let elf = input::read_elf(path)?;
            let target = args.target.of_elf(&elf);
            target
                .and_then(|target| target.with(RunElf { args, elf: &elf }))
                .with_context(|| format!("cannot run {}", path.display()))
        }
        (None, Some(path)) => input::target_of_state(path, args.target)?.with(RunState { args, path }),
        (None, None) => bail!("nothing to run; name an ELF file, or a state with --input"),
    }
}

struct RunElf<'a> {
    args: &'a Args,
    elf: &'a [u8],
}

impl OnTarget for RunElf<'_> {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let output = self.args.output.clone().unwrap_or_default();
        check_outputs::<T>(self.args, &output)?;
        let (vm, mut symbols) = input::load_elf(target, self.elf, self.args.bare)?;
        if let Some(path) = self.args.meta.as_deref().filter(|path| !path.as_os_str().is_empty()) {
            symbols = input::read_symbols(path)?;
        }
        let info_at = self.args.info_at.clone().unwrap_or_default();
        Run::new(self.args, vm, symbols, output, info_at)?.go()
    }
}

struct RunState<'a> {
    args: &'a Args,
    path: &'a Path,
}

impl OnTarget for RunState<'_> {
    type Output = Status;

    fn on<T: Target>(self, target: T) -> Result<Status> {
        let default = if T::STATE_FILES.writes_json { "out.json" } else { "out.bin.gz" };
        let output = self.args.output.clone().unwrap_or_else(|| default.into());
        check_outputs::<T>(self.args, &output)?;
        let meta = self.args.meta.as_deref().unwrap_or(Path::new("meta.json"));
        let symbols =
            if meta.as_os_str().is_empty() { Symbols::default() } else { input::read_symbols(meta)? };
        let vm: Vm<T> = input::read_state(target, self.path, self.args.strict)?;
        let info_at = self.args.info_at.clone().unwrap_or(Pattern::Every(100_000));
        Run::new(self.args, vm, symbols, output, info_at)?.go()
    }
}

/// Checks that what is to be written can be, before any work is lost to it.
fn check_outputs<T: Target>(args: &Args, output: &Path) -> Result<()> {
    if args.json && output == Path::new(files::STANDARD_OUTPUT) {
        bail!("--json and --output - both want standard output");
    }
    if !output.as_os_str().is_empty() {
        input::check_state_format::<T>(output)?;
        files::check_writable(output)?;
    }
    if args.snapshot_at != Pattern::Never {
        input::check_state_format::<T>(args.snapshot_fmt.as_ref()).context("--snapshot-fmt")?;
        check_step_names(&args.snapshot_fmt).context("--snapshot-fmt")?;
    }
    if !matches!(args.proof_at, ProofAt::Steps(Pattern::Never)) {
        check_step_names(&args.proof_fmt).context("--proof-fmt")?;
    }
    args.record.check()?;
    args.debug_info.as_deref().map_or(Ok(()), files::check_writable)
}

/// Checks the name of a file that is written at several steps.
fn check_step_names(format: &str) -> Result<()> {
    if format.is_empty() || format == files::STANDARD_OUTPUT {
        bail!("'{format}' names no file; wanted: a name in which %d stands for the step");
    }
    files::check_writable(step_name(format, 0).as_ref())
}
