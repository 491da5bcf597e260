//! The system calls of a process, one by one, for tests that strike at each of them.
//!
//! Strace counts calls by name, so a call is a name and a number, and not one running number.

use std::collections::BTreeMap;
use std::fmt;

/// Calls that change nothing that another process could see.
const INNER: &[&str] = &[
    "arch_prctl",
    "brk",
    "clone3",
    "dup2",
    "exit",
    "exit_group",
    "fcntl",
    "futex",
    "getcwd",
    "geteuid",
    "getpid",
    "getrandom",
    "gettid",
    "getuid",
    "lseek",
    "madvise",
    "mmap",
    "mprotect",
    "munmap",
    "pipe2",
    "poll",
    "pread64",
    "prlimit64",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "sched_getaffinity",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "sysinfo",
    "uname",
];

/// Calls that only look, wait or tidy up inside the process. Between two calls that change
/// something, one moment of a process is as good as another: whoever dies before any of these leaves
/// what it leaves when it dies before the next one that is none of these.
const LOOKING: &[&str] = &[
    "access",
    "chdir",
    "close",
    "faccessat2",
    "fstat",
    "fstatfs",
    "getdents64",
    "ioctl",
    "newfstatat",
    "read",
    "readlink",
    "stat",
    "statx",
    "wait4",
];

/// Says that a sweep takes every call, when it is `full`.
const SWEEP: &str = "COORD_SWEEP";
/// Of the calls that are much like many others, every so many-th is taken when nothing is said.
const STEP: usize = 40;

/// The `nth` call of a name.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub nth: usize,
    /// As strace shows what it was called with, and what came of it.
    pub shown: String,
    pub effect: Effect,
}

/// What a call may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// An object, which is there or not and is not found by any other name.
    Object,
    /// Something else: a ref, a note, a lock, what another process is told.
    Other,
}

/// The calls in a trace of one process, in their order, without those that stay inside it.
pub fn in_trace(trace: &str) -> Vec<Call> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        // `name(…`; signals and the end are shown otherwise.
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let Some((name, shown)) = line.split_once('(').filter(|(name, _)| is_name(name)) else {
            continue;
        };
        let nth = counts.entry(name).or_default();
        *nth += 1;
        if !INNER.contains(&name) {
            calls.push(Call {
                name: name.to_owned(),
                nth: *nth,
                shown: shown.to_owned(),
                effect: Effect::of(name, shown),
            });
        }
    }
    calls
}

/// Those that a sweep takes: all, or each that has an effect of its own and some of the others.
pub fn to_take(calls: Vec<Call>) -> Vec<Call> {
    if is_full() {
        return calls;
    }
    let mut alike = 0;
    let is_taken = |call: &Call| {
        let has_own = call.effect == Effect::Other;
        alike += usize::from(!has_own);
        has_own || alike % STEP == 1
    };
    calls.into_iter().filter(is_taken).collect()
}

/// Whether a sweep leaves out nothing.
pub fn is_full() -> bool {
    std::env::var(SWEEP).is_ok_and(|value| value == "full")
}

impl Effect {
    fn of(name: &str, shown: &str) -> Self {
        let changes = match name {
            "open" | "openat" => {
                let flags = ["O_CREAT", "O_TRUNC"];
                flags.iter().any(|flag| shown.contains(flag))
            }
            _ => !LOOKING.contains(&name),
        };
        match changes {
            false => Self::None,
            true if shown.contains("/objects/") => Self::Object,
            true => Self::Other,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.name, self.nth, self.shown)
    }
}
