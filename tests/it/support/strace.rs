//! Programs under strace, stopped or killed at a system call of the test's choice.
//!
//! Strace counts each system call by its name, over all threads and children together.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use super::shell::program;
use super::wait::until;
use super::{Outcome, Running, Shell};

/// A program under strace.
pub struct Traced {
    running: Running,
    trace: PathBuf,
}

/// A program that stands still in the middle of its work.
#[must_use = "it stands still until `go_on`"]
pub struct Stopped {
    traced: Traced,
    pid: Pid,
}

impl Traced {
    /// Starts the program under test with strace's own options, such as
    /// `inject=rename:signal=SIGKILL:when=2` after `-e`.
    #[track_caller]
    pub fn coord(shell: &Shell, options: &[&str], args: &[&str]) -> Self {
        static TRACES: AtomicUsize = AtomicUsize::new(0);
        let number = TRACES.fetch_add(1, Ordering::Relaxed);
        let trace = shell.sandbox().join(format!("trace-{number}"));
        let mut words = vec!["-o", trace.to_str().unwrap()];
        words.extend(options);
        words.push(program());
        words.extend(args);
        Self {
            running: shell.command("strace", words).spawn(),
            trace,
        }
    }

    /// Waits until the program is stopped; gives back its outcome when it ends without that.
    #[track_caller]
    pub fn stopped(self) -> Result<Stopped, Outcome> {
        let is_stopped = until("the program is stopped, or ends", || {
            let trace = self.trace();
            if trace.contains("--- stopped by SIGSTOP ---") {
                return Some(true);
            }
            (trace.contains("+++ exited") || trace.contains("+++ killed")).then_some(false)
        });
        if !is_stopped {
            return Err(self.wait());
        }
        // The tracer's first child is the program; whatever the program started is the program's.
        let tracer = self.running.pid().as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children"));
        let children = children.unwrap();
        let pid = children.split_whitespace().next().unwrap().parse().unwrap();
        Ok(Stopped {
            traced: self,
            pid: Pid::from_raw(pid).unwrap(),
        })
    }

    /// What strace has written so far.
    pub fn trace(&self) -> String {
        fs::read_to_string(&self.trace).unwrap_or_default()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait(self) -> Outcome {
        self.end().0
    }

    /// Waits for the end, and returns the trace too.
    #[track_caller]
    pub fn end(self) -> (Outcome, String) {
        let outcome = self.running.wait();
        let trace = fs::read_to_string(&self.trace).unwrap_or_default();
        fs::remove_file(&self.trace).unwrap();
        (outcome, trace)
    }
}

impl Stopped {
    /// Lets the program go on.
    #[track_caller]
    pub fn go_on(self) -> Traced {
        kill_process(self.pid, Signal::CONT).unwrap();
        self.traced
    }
}
