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

/// A thread that compiles. It ends once nobody has a use for its results.
#[derive(Debug)]
pub(crate) struct Worker<W> {
    jobs: Sender<(u64, Region<W>)>,
    done: Mutex<Receiver<Done>>,
    /// How many results were sent, and how many taken: asked often, so without a look into the channel.
    sent: Arc<AtomicUsize>,
    taken: usize,
}

impl<W: Concrete> Worker<W> {
    /// None where there can be no further thread.
    pub(crate) fn start(mut compiler: Compiler, layout: Layout) -> Option<Self> {
        let (jobs, todo) = channel::<(u64, Region<W>)>();
        let (results, done) = channel();
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let work = move || {
            for (id, region) in todo {
                let code = compiler.region(&region, &layout).ok();
                if results.send((id, code)).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Release);
            }
        };
        std::thread::Builder::new().name("fpvm-jit".to_owned()).spawn(work).ok()?;
        Some(Self { jobs, done: Mutex::new(done), sent, taken: 0 })
    }

    /// Asks for the code of a region. Where the thread has ended there is no answer.
    pub(crate) fn ask(&mut self, id: u64, region: Region<W>) {
        let _ = self.jobs.send((id, region));
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
