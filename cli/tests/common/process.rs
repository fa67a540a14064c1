//! Processes: what becomes of them, and signals.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::SOON;

/// Tries until it comes true, or until no test should wait any longer.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "waited too long for: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Checks that the process whose number a server has left in `folder/pid` ends. It may be a zombie whose parent
/// has gone before it; that one is the system's business.
#[track_caller]
pub(crate) fn leaves_no_process(folder: &Path) {
    let pid = fs::read_to_string(folder.join("pid")).unwrap();
    wait_for("the end of the server", || {
        // The state is the first field after the name, which stands in parentheses.
        let stat = fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with('Z'))
    });
}
