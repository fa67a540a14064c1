//! A compiled tier that takes turns with the interpreter.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use engine::{Ground, Tier, Vm};
use isa_traits::Target;
use jit::{Jit, Options};

/// How often a tier was asked, and the steps it made.
#[derive(Debug, Default)]
pub(super) struct Counts {
    asked: AtomicU64,
    made: AtomicU64,
}

impl Counts {
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Relaxed)
    }

    pub(super) fn made(&self) -> u64 {
        self.made.load(Relaxed)
    }
}

/// A compiled tier that hears of some of the times when it is asked, counted from 0, and not of the others.
#[derive(Debug)]
struct Turns<T: Target> {
    jit: Jit<T>,
    options: Options,
    heard: Range<u64>,
    asked: u64,
    counts: Arc<Counts>,
}

impl<T: Target> Turns<T> {
    fn new(options: Options, heard: Range<u64>, counts: Arc<Counts>) -> Self {
        Self { jit: Jit::new(options), options, heard, asked: 0, counts }
    }
}

impl<T: Target> Tier<T> for Turns<T> {
    fn run(&mut self, ground: &mut Ground<'_, T>, left: u64) -> u64 {
        let heard = self.heard.contains(&self.asked);
        self.asked += 1;
        self.counts.asked.fetch_add(1, Relaxed);
        if !heard {
            return left;
        }
        let rest = self.jit.run(ground, left);
        self.counts.made.fetch_add(left - rest, Relaxed);
        rest
    }

    fn fresh(&self) -> Box<dyn Tier<T>> {
        Box::new(Self::new(self.options, self.heard.clone(), self.counts.clone()))
    }
}

/// Gives a machine a compiled tier that hears of these times, in place of the one it has.
pub(super) fn set_turns<T: Target>(vm: &mut Vm<T>, options: Options, heard: Range<u64>) -> Arc<Counts> {
    let counts = Arc::<Counts>::default();
    vm.set_tier(Box::new(Turns::new(options, heard, counts.clone())));
    counts
}
