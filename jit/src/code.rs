//! The code of a machine: asked for, installed, entered and given up.

use std::collections::{BTreeSet, HashMap, HashSet};

use engine::Ground;
use engine::memory::PAGE_BYTES;
use isa_traits::{Concrete, Hart, Isa, Target};

use crate::compile::Compiler;
use crate::enter::{Cells, Left, SPECIALS, enter};
use crate::lower::Layout;
use crate::memory::{Arena, Table};
use crate::region::{Region, WordOf, discover, find_again};
use crate::tier::Schedule;
use crate::worker::{Done, Worker};

/// A region that was compiled, or is about to be.
#[derive(Debug)]
struct Asked {
    entries: BTreeSet<u64>,
    ranges: Vec<(u64, u64)>,
    /// Whether its code looks into all windows, or code that does was asked for.
    tries_all: bool,
    /// Whether its code is there.
    ready: bool,
}

impl Asked {
    /// Whether it has instructions among those from `start` up to `end`.
    fn meets(&self, start: u64, end: u64) -> bool {
        self.ranges.iter().any(|&(first, after)| first < end && start < after)
    }
}

/// The code of a machine, and what it takes to make more.
#[derive(Debug)]
pub(crate) struct Compiled<T: Target> {
    schedule: Schedule,
    layout: Layout,
    compiler: Option<Compiler>,
    worker: Option<Worker<WordOf<T>>>,
    arena: Arena,
    table: Table,
    cells: Cells,
    /// The address of the way in, and how much of the arena is not made of regions.
    way_in: usize,
    fixed_bytes: usize,
    /// Regions by number, as long as they are good.
    asked: HashMap<u64, Asked>,
    /// The numbers of regions with instructions in a page.
    by_page: HashMap<u64, Vec<u64>>,
    /// Where regions are entered.
    entries: HashSet<u64>,
    next_id: u64,
    /// Results that are still to come.
    pending: usize,
    /// Results that are held back: jumps until then, number and code.
    delayed: Vec<(u32, Done)>,
}

impl<T: Target> Compiled<T> {
    pub(crate) fn new(schedule: Schedule, ground: &mut Ground<'_, T>) -> Option<Self> {
        let windows = ground.memory.windows().to_vec();
        // 32-bit addresses are not compared with anything, so they need a window for all of them.
        let whole = T::ADDRESS_BITS == 32 && matches!(windows[..], [window] if window.bytes == 1 << 32);
        let reached = whole || T::ADDRESS_BITS == 64;
        if !crate::supported() || windows.is_empty() || !reached || T::Isa::SPECIALS.len() > SPECIALS {
            return None;
        }
        let (memory, open) = ground.memory.windows_base();
        // Instructions of x86-64 have room for an address.
        let small = |address: usize| i32::try_from(address).ok().filter(|_| cfg!(target_arch = "x86_64"));
        let (cells, table, mut arena) =
            (Cells::new(&windows)?, Table::new(ground.hart.pc().get()).ok()?, Arena::new().ok()?);
        let mut compiler = Compiler::new().ok()?;
        let layout = Layout {
            byte_order: T::Isa::BYTE_ORDER,
            window_cells: (0..windows.len()).map(|number| cells.window(number)).collect(),
            windows,
            whole,
            margin: ground.memory.windows_margin() as i64,
            fixed: small(memory as usize).zip(small(open as usize)),
            pc_cell: cells.pc(),
            missed_cell: cells.missed(),
            special_cells: cells.specials(),
            table: table.layout(),
            arena: arena.address(),
        };
        // At offset 0: what the table leads to where nothing was compiled.
        let missing = compiler.missing(&layout).ok()?;
        arena.add(&missing)?;
        let way_in = arena.address() + arena.add(&compiler.way_in(&layout).ok()?)? as usize;
        Some(Self {
            schedule,
            layout,
            compiler: Some(compiler),
            worker: None,
            fixed_bytes: arena.used(),
            arena,
            table,
            cells,
            way_in,
            asked: HashMap::new(),
            by_page: HashMap::new(),
            entries: HashSet::new(),
            next_id: 0,
            pending: 0,
            delayed: Vec::new(),
        })
    }

    /// Takes notice of what happened since the last time: code that was overwritten, and code that is ready.
    pub(crate) fn keep_up(&mut self, ground: &mut Ground<'_, T>) {
        for (at, bytes) in ground.take_overwritten() {
            self.give_up(at, bytes);
        }
        self.collect();
    }

    /// Whether there is code at `pc`.
    pub(crate) fn is_ready(&self, pc: u64) -> bool {
        self.table.get(pc) != 0
    }

    /// Runs the code at the pc, if there is some.
    pub(crate) fn enter(&mut self, ground: &mut Ground<'_, T>, left: u64) -> Option<Left> {
        let offset = self.table.get(ground.hart.pc().get());
        let code = self.arena.address() + offset as usize;
        // SAFETY: the table leads only to code of the arena that was compiled with this layout, and the memory is
        // the one it was made for.
        #[allow(unsafe_code, reason = "compiled code is entered")]
        (offset != 0).then(|| unsafe { enter(ground, &mut self.cells, self.way_in, code, left) })
    }

    /// Has the region at `pc` compiled, if there is one and nobody has asked for it yet, nor for another with this
    /// instruction inside: while its code is on the way, its loops go on and would be asked for one by one.
    pub(crate) fn want(&mut self, ground: &Ground<'_, T>, pc: u64) {
        let on_the_way = self.around(pc).find(|id| !self.asked[id].ready);
        if let Some(id) = on_the_way {
            if let Some(worker) = &mut self.worker {
                worker.hurry(id);
            }
        } else if self.layout.table.reaches(pc)
            && !self.entries.contains(&pc)
            && let Some(region) = discover(ground, pc, |at| self.entries.contains(&at))
        {
            self.ask(region);
        }
    }

    /// The good regions with the instruction at `pc`.
    fn around(&self, pc: u64) -> impl Iterator<Item = u64> {
        let ids = self.by_page.get(&(pc / PAGE_BYTES as u64)).into_iter().flatten().copied();
        ids.filter(move |id| self.asked.get(id).is_some_and(|region| region.meets(pc, pc + 4)))
    }

    /// Has a region around `pc`, where code stops too often, compiled anew to try all windows: the most frequent reason
    /// to stop is an address that points elsewhere than when the region was found. Until then the code that there is
    /// goes on.
    #[cold]
    #[inline(never)]
    pub(crate) fn want_all_windows(&mut self, ground: &Ground<'_, T>, pc: u64) {
        let id = self.around(pc).find(|id| self.asked[id].ready && !self.asked[id].tries_all);
        if self.layout.windows.len() > 1
            && let Some(id) = id
            && let Some(region) = self.asked.get_mut(&id)
        {
            region.tries_all = true;
            if let Some(anew) = find_again(ground, &region.entries, &region.ranges) {
                self.compile(id, anew);
            }
        }
    }

    fn ask(&mut self, region: Region<WordOf<T>>) {
        let id = self.next_id;
        self.next_id += 1;
        let ranges = region.ranges();
        for &(start, end) in &ranges {
            for page in start / PAGE_BYTES as u64..=(end - 1) / PAGE_BYTES as u64 {
                let ids = self.by_page.entry(page).or_default();
                if ids.last() != Some(&id) {
                    ids.push(id);
                }
            }
        }
        self.entries.extend(&region.entries);
        let entries = region.entries.clone();
        self.asked.insert(id, Asked { entries, ranges, tries_all: false, ready: false });
        self.compile(id, region);
    }

    /// Has code made for a region that was asked for.
    fn compile(&mut self, id: u64, region: Region<WordOf<T>>) {
        if self.schedule == Schedule::Background && self.worker.is_none() {
            let compiler = Compiler::new().ok();
            self.worker = compiler.and_then(|compiler| Worker::start(compiler, self.layout.clone()));
        }
        match (&mut self.worker, &mut self.compiler) {
            (Some(worker), _) => {
                worker.ask(id, region);
                self.pending += 1;
            }
            (None, Some(compiler)) => {
                let done = (id, compiler.region(&region, &self.layout).ok());
                match self.schedule {
                    Schedule::Delayed(jumps) => self.delayed.push((jumps, done)),
                    _ => self.install(done),
                }
            }
            (None, None) => {}
        }
    }

    /// Installs what is ready by now.
    fn collect(&mut self) {
        while self.pending > 0
            && let Some(done) = self.worker.as_mut().and_then(Worker::next)
        {
            self.pending -= 1;
            self.install(done);
        }
        if !self.delayed.is_empty() {
            self.collect_delayed();
        }
    }

    #[cold]
    #[inline(never)]
    fn collect_delayed(&mut self) {
        let mut ready = Vec::new();
        self.delayed.retain_mut(|(jumps, done)| {
            let waits = *jumps > 0;
            *jumps = jumps.saturating_sub(1);
            if !waits {
                ready.push(std::mem::take(done));
            }
            waits
        });
        ready.into_iter().for_each(|done| self.install(done));
    }

    /// Makes the code of a region part of the arena, unless the region was given up.
    #[cold]
    #[inline(never)]
    fn install(&mut self, (id, code): Done) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        let Some(code) = code else { return };
        match self.arena.add(&code) {
            Some(offset) => {
                asked.entries.iter().for_each(|&entry| self.table.set(entry, offset));
                asked.ready = true;
            }
            // Out of room: all is given up, and what is hot comes back.
            None => self.clear(),
        }
    }

    fn clear(&mut self) {
        let entries = self.asked.values().flat_map(|asked| &asked.entries);
        entries.for_each(|&entry| self.table.set(entry, 0));
        self.asked.clear();
        self.by_page.clear();
        self.entries.clear();
        self.arena.truncate(self.fixed_bytes);
    }

    /// Gives up the regions with instructions among `bytes` bytes at `at`.
    #[cold]
    #[inline(never)]
    fn give_up(&mut self, at: u64, bytes: usize) {
        // No code is compiled where addresses end.
        let end = at.saturating_add(bytes as u64);
        for page in at / PAGE_BYTES as u64..=end.saturating_sub(1) / PAGE_BYTES as u64 {
            let Some(ids) = self.by_page.get_mut(&page) else { continue };
            let (asked, entries, table) = (&mut self.asked, &mut self.entries, &mut self.table);
            ids.retain(|id| {
                let Some(region) = asked.get(id) else { return false };
                let hit = region.meets(at, end);
                if hit {
                    for entry in &region.entries {
                        table.set(*entry, 0);
                        entries.remove(entry);
                    }
                    asked.remove(id);
                }
                !hit
            });
        }
    }
}
