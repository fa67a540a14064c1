//! What makes the steps of a run: `--engine`.

use anyhow::Result;
use clap::ValueEnum;
use engine::Vm;
use isa_traits::Target;

/// What makes the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// The interpreter alone
    Interp,
    /// Compiled code, made at once for whatever is executed again
    Jit,
    /// The interpreter, and code compiled in the background for what is hot
    #[default]
    Auto,
}

/// The flag that every command has that runs programs.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// What makes the steps; changes no result
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,
}

impl Args {
    /// Gives a machine what the user asked for.
    #[cfg(feature = "jit")]
    pub(crate) fn equip<T: Target>(self, vm: &mut Vm<T>) -> Result<()> {
        let options = match self.engine {
            Engine::Interp => return Ok(()),
            Engine::Jit if !jit::supported() => {
                anyhow::bail!(
                    "--engine jit: no code can be compiled on this machine; --engine auto does without"
                )
            }
            Engine::Jit => jit::Options { threshold: EAGER, schedule: jit::Schedule::Immediate },
            Engine::Auto => jit::Options::default(),
        };
        vm.set_tier(Box::new(jit::Jit::new(options)));
        Ok(())
    }

    /// Gives a machine what the user asked for.
    #[cfg(not(feature = "jit"))]
    pub(crate) fn equip<T: Target>(self, _: &mut Vm<T>) -> Result<()> {
        if self.engine == Engine::Jit {
            anyhow::bail!(
                "--engine jit: this fpvm was built without the feature jit; --engine auto does without"
            );
        }
        Ok(())
    }
}

/// How often code is jumped to before it is compiled, where all of it shall be.
#[cfg(feature = "jit")]
const EAGER: u16 = 2;
