//! Deadlines of children.

use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

/// How long a killed child may take to clean up its lock files before it is killed for good.
const GRACE: Duration = Duration::from_millis(300);

/// Ends a child that outstays its deadline, with everything that it started.
pub(super) struct Watchdog {
    done: mpsc::Sender<()>,
    thread: std::thread::JoinHandle<bool>,
}

impl Watchdog {
    /// Watches a child from now on.
    pub(super) fn start(pid: u32, limit: Duration, is_group: bool) -> Self {
        let (done, ended) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let still_runs =
                |wait| ended.recv_timeout(wait) == Err(mpsc::RecvTimeoutError::Timeout);
            if !still_runs(limit) {
                return false;
            }
            kill(pid, is_group, false);
            if still_runs(GRACE) {
                kill(pid, is_group, true);
            }
            true
        });
        Self { done, thread }
    }

    /// Returns whether it had to act.
    pub(super) fn stop(self) -> bool {
        drop(self.done);
        self.thread.join().unwrap_or(true)
    }
}

/// Starts a child in a process group of its own, so that all that it starts can be ended with it.
#[cfg(unix)]
pub(super) fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
pub(super) fn own_group(_: &mut Command) {}

#[cfg(unix)]
fn kill(pid: u32, is_group: bool, hard: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let signal = if hard { Signal::KILL } else { Signal::TERM };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // The child is not reaped before the watchdog is stopped, so the number is still its own.
        let _ = if is_group {
            kill_process_group(pid, signal)
        } else {
            kill_process(pid, signal)
        };
    }
}

#[cfg(not(unix))]
fn kill(pid: u32, _: bool, _: bool) {
    super::git::kill_tree(pid);
}
