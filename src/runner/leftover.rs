//! Processes that left the group of their check and live on, as a daemon does.
//!
//! They are known by the variable that each process of a slot began with, which a process keeps
//! whatever group, session or parent it has. Where the system does not show it (anywhere but on
//! Linux) only the group is ended.

use std::path::Path;

#[cfg(target_os = "linux")]
pub(super) use linux::end_all;

/// Nobody can be found here.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_all(_: &Path) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::unix::ffi::OsStrExt;
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    use super::Path;
    use crate::runner::environment::SLOT;

    /// For how long the killed ones are waited for.
    const LIMIT: Duration = Duration::from_secs(5);
    const PAUSE: Duration = Duration::from_millis(5);

    /// Kills every process that a run in this slot left. Whoever holds the slot calls it while
    /// nothing is to run there.
    pub(in crate::runner) fn end_all(slot: &Path) {
        let mut mark = format!("{SLOT}=").into_bytes();
        mark.extend_from_slice(slot.as_os_str().as_bytes());
        let until = Instant::now() + LIMIT;
        // Again until none is seen: one may have been starting another meanwhile.
        while end_those_seen(&mark) > 0 && Instant::now() < until {
            std::thread::sleep(PAUSE);
        }
    }

    fn end_those_seen(mark: &[u8]) -> usize {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(Pid::from_raw)
            .filter(|pid| end(*pid, mark))
            .count()
    }

    fn end(pid: Pid, mark: &[u8]) -> bool {
        // Held before it is looked at, so that what is killed is what was seen and no later process
        // of that number.
        let Ok(held) = pidfd_open(pid, PidfdFlags::empty()) else {
            return false;
        };
        // That of others cannot be read, and that of one which has ended is empty.
        let environment = std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()));
        let is_marked =
            environment.is_ok_and(|all| all.split(|byte| *byte == 0).any(|var| var == mark));
        is_marked && pidfd_send_signal(&held, Signal::KILL).is_ok()
    }
}
