//! Compilation beside the run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use isa_traits::Concrete;

use crate::compile::Compiler;
use crate::lower::Layout;
use crate::region::Region;

/// A region that was asked for, by a number that is not used again, and its code, if there is any.
pub(crate) type Done = (u64, Option<Vec<u8>>);

/// What the thread is asked.
#[derive(Debug)]
enum Request<W> {
    /// To compile a region.
    Compile(u64, Region<W>),
    /// That one of them was missed again.
    Hurry(u64),
}

/// A thread that compiles. It ends once nobody has a use for its results.
#[derive(Debug)]
pub(crate) struct Worker<W> {
    requests: Sender<Request<W>>,
    done: Mutex<Receiver<Done>>,
    /// How many results were sent, and how many taken: asked often, so without a look into the channel.
    sent: Arc<AtomicUsize>,
    taken: usize,
}

impl<W: Concrete> Worker<W> {
    /// None where there can be no further thread.
    pub(crate) fn start(mut compiler: Compiler, layout: Layout) -> Option<Self> {
        let (requests, heard) = channel();
        let (results, done) = channel();
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let work = move || {
            let mut queue = Queue { heard, waiting: Vec::new() };
            while let Some((id, region)) = queue.next() {
                let code = compiler.region(&region, &layout).ok();
                if results.send((id, code)).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Release);
            }
        };
        std::thread::Builder::new().name("fpvm-jit".to_owned()).spawn(work).ok()?;
        Some(Self { requests, done: Mutex::new(done), sent, taken: 0 })
    }

    /// Asks for the code of a region. Where the thread has ended there is no answer.
    pub(crate) fn ask(&mut self, id: u64, region: Region<W>) {
        let _ = self.requests.send(Request::Compile(id, region));
    }

    /// Says that a region that was asked for is missed again: what is missed most is compiled first.
    pub(crate) fn hurry(&mut self, id: u64) {
        let _ = self.requests.send(Request::Hurry(id));
    }

    /// The next result, if there is one by now.
    pub(crate) fn next(&mut self) -> Option<Done> {
        if self.sent.load(Ordering::Acquire) == self.taken { None } else { self.take() }
    }

    #[cold]
    #[inline(never)]
    fn take(&mut self) -> Option<Done> {
        self.taken += 1;
        self.done.get_mut().ok()?.try_recv().ok()
    }
}

/// What the thread has to do.
struct Queue<W> {
    heard: Receiver<Request<W>>,
    /// Regions, the oldest first, and how often each was missed since.
    waiting: Vec<(u64, Region<W>, u32)>,
}

impl<W> Queue<W> {
    /// The region to compile next; none once there will be no more.
    fn next(&mut self) -> Option<(u64, Region<W>)> {
        while self.waiting.is_empty() {
            let request = self.heard.recv().ok()?;
            self.hear(request);
        }
        while let Ok(request) = self.heard.try_recv() {
            self.hear(request);
        }
        let most = (0..self.waiting.len()).rev().max_by_key(|&index| self.waiting[index].2)?;
        let (id, region, _) = self.waiting.remove(most);
        Some((id, region))
    }

    fn hear(&mut self, request: Request<W>) {
        match request {
            Request::Compile(id, region) => self.waiting.push((id, region, 0)),
            Request::Hurry(id) => {
                if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.0 == id) {
                    waiting.2 += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn compile(id: u64) -> Request<u64> {
        let (entries, blocks) = (BTreeSet::from([4 * id]), BTreeMap::new());
        Request::Compile(id, Region { entries, blocks, windows: Vec::new(), tries_all: false })
    }

    #[test]
    fn what_is_missed_most_is_compiled_first() {
        let (requests, heard) = channel();
        let mut queue = Queue { heard, waiting: Vec::new() };
        let say =
            |said: Vec<Request<u64>>| said.into_iter().for_each(|request| requests.send(request).unwrap());
        say(vec![
            compile(0),
            compile(1),
            compile(2),
            compile(3),
            Request::Hurry(2),
            Request::Hurry(3),
            Request::Hurry(3),
        ]);
        let mut next = || queue.next().map(|(id, region)| (id, region.entries.first().copied()));
        assert_eq!(next(), Some((3, Some(12))));
        // What comes late for one that is done ends nothing.
        say(vec![Request::Hurry(3), compile(4)]);
        assert_eq!([next(), next(), next()].map(|done| done.map(|(id, _)| id)), [Some(2), Some(0), Some(1)]);
        say(vec![Request::Hurry(2)]);
        assert_eq!(next(), Some((4, Some(16))));
        say(vec![Request::Hurry(4), compile(5)]);
        assert_eq!(next(), Some((5, Some(20))));
        drop(requests);
        assert_eq!(next(), None);
    }
}
