//! Checkpoints: states of a run that a machine can be brought back to.
//!
//! A checkpoint holds the registers and the numbers of the pages that changed since the one before. Contents of pages
//! are kept by page, each with the step of the checkpoint that found it new; what a checkpoint has in a page is the
//! newest content up to it. So a page costs nothing where it did not change, and going from one checkpoint to another
//! touches what changed in between.

use std::boxed::Box;
use std::collections::BTreeSet;
use std::vec::Vec;

use hashbrown::HashMap;
use isa_traits::{HartOf, State, Target};

use crate::memory::{PAGE_BYTES, Page};
use crate::vm::Vm;

static EMPTY: Page = [0; PAGE_BYTES];

#[derive(Debug)]
struct Checkpoint<T: Target> {
    state: State<HartOf<T>>,
    last_hint: Vec<u8>,
    /// The pages whose content differs from that at the checkpoint before.
    changed: BTreeSet<u64>,
}

/// The content of a page from a step on; none where all of it is zero.
#[derive(Debug)]
struct Version {
    step: u64,
    page: Option<Box<Page>>,
}

impl Version {
    fn page(&self) -> &Page {
        self.page.as_deref().unwrap_or(&EMPTY)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.page.as_ref().map_or(0, |_| PAGE_BYTES)
    }
}

#[derive(Debug)]
pub(super) struct Checkpoints<T: Target> {
    /// By step; never empty.
    list: Vec<Checkpoint<T>>,
    /// The contents of each page, by step.
    versions: HashMap<u64, Vec<Version>>,
    /// The step of the checkpoint that the machine comes from: only pages written since then may differ from it.
    base: u64,
    bytes: usize,
    limit: usize,
    interval: u64,
}

impl<T: Target> Checkpoint<T> {
    const fn step(&self) -> u64 {
        self.state.step
    }

    /// About what it takes, an entry of the set with its share of a node.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.last_hint.len() + self.changed.len() * 2 * size_of::<u64>()
    }
}

impl<T: Target> Checkpoints<T> {
    /// The first checkpoint, where the machine stands.
    pub(super) fn new(vm: &mut Vm<T>, limit: usize, interval: u64) -> Self {
        let base = vm.state().step;
        let mut this = Self {
            list: Vec::new(),
            versions: HashMap::new(),
            base,
            bytes: 0,
            limit,
            interval: interval.max(1),
        };
        vm.take_written();
        let pages: Vec<u64> = vm.memory().pages().map(|(number, _)| number).collect();
        this.push(vm, pages);
        this
    }

    pub(super) fn first(&self) -> u64 {
        self.list[0].step()
    }

    pub(super) const fn count(&self) -> usize {
        self.list.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn interval(&self) -> u64 {
        self.interval
    }

    /// The step after `step` at which a checkpoint is due.
    pub(super) fn next(&self, step: u64) -> u64 {
        let done = step - self.first();
        self.first().saturating_add((done / self.interval + 1).saturating_mul(self.interval))
    }

    /// Adds a checkpoint where the machine stands, which is after all others.
    pub(super) fn add(&mut self, vm: &mut Vm<T>) {
        let written = vm.take_written();
        self.push(vm, written);
        self.base = vm.state().step;
        while self.bytes > self.limit && self.list.len() > 2 {
            self.interval = self.interval.saturating_mul(2);
            self.thin();
        }
    }

    /// Adds a checkpoint with those of the pages whose content is new.
    fn push(&mut self, vm: &Vm<T>, pages: Vec<u64>) {
        let step = vm.state().step;
        let mut changed = BTreeSet::new();
        let mut page = EMPTY;
        for number in pages {
            vm.memory().read(number * PAGE_BYTES as u64, &mut page);
            let versions = self.versions.entry(number).or_default();
            if versions.last().map_or(&EMPTY, Version::page) != &page {
                let version = Version { step, page: (page != EMPTY).then(|| Box::new(page)) };
                self.bytes += version.bytes();
                versions.push(version);
                changed.insert(number);
            }
        }
        let checkpoint =
            Checkpoint { state: vm.state().clone(), last_hint: vm.last_hint().to_vec(), changed };
        self.bytes += checkpoint.bytes();
        self.list.push(checkpoint);
    }

    /// Drops all checkpoints that are not a multiple of the interval away from the first one, but for the newest.
    fn thin(&mut self) {
        let (first, newest) = (self.first(), self.list[self.list.len() - 1].step());
        let mut dropped = BTreeSet::new();
        let interval = self.interval;
        self.list.retain_mut(|checkpoint| {
            let step = checkpoint.step();
            let keeps = step == newest || (step - first).is_multiple_of(interval);
            // The next one that stays has changed in all of them.
            let changed = std::mem::take(&mut checkpoint.changed);
            dropped.extend(changed);
            if keeps {
                checkpoint.changed = std::mem::take(&mut dropped);
            }
            keeps
        });
        let list = &self.list;
        let seen_by = |step| list.partition_point(|checkpoint| checkpoint.step() < step);
        self.versions.values_mut().for_each(|versions| {
            // Of those that are new to one checkpoint it sees the last.
            versions.dedup_by(|later, earlier| {
                let same = seen_by(earlier.step) == seen_by(later.step);
                if same {
                    std::mem::swap(earlier, later);
                }
                same
            });
        });
        let versions = self.versions.values().flatten();
        self.bytes = versions.map(Version::bytes).sum::<usize>()
            + self.list.iter().map(Checkpoint::bytes).sum::<usize>();
    }

    fn index_of(&self, step: u64) -> usize {
        self.list.partition_point(|checkpoint| checkpoint.step() <= step) - 1
    }

    /// Brings the machine to the last checkpoint up to `step`, unless it stands between the two already.
    pub(super) fn approach(&mut self, vm: &mut Vm<T>, step: u64) {
        let index = self.index_of(step);
        let checkpoint = &self.list[index];
        if (checkpoint.step()..=step).contains(&vm.state().step) {
            return;
        }
        let base = self.index_of(self.base);
        let between = &self.list[base.min(index) + 1..=base.max(index)];
        let mut pages = vm.take_written();
        pages.extend(between.iter().flat_map(|checkpoint| &checkpoint.changed));
        pages.sort_unstable();
        pages.dedup();
        let pages = pages.into_iter().map(|number| (number, self.page(number, checkpoint.step())));
        vm.restore(&checkpoint.state, &checkpoint.last_hint, pages);
        self.base = checkpoint.step();
        // What was written just now is what the checkpoint has.
        vm.take_written();
    }

    /// The content of a page at a checkpoint.
    fn page(&self, number: u64, step: u64) -> &Page {
        let versions = self.versions.get(&number).map_or(&[][..], Vec::as_slice);
        let newer = versions.partition_point(|version| version.step <= step);
        newer.checked_sub(1).map_or(&EMPTY, |newest| versions[newest].page())
    }
}
