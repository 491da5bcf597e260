//! A reader beside a writer: it sees one whole state, older or newer, and no alarm.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Sandbox;
use crate::support::wait::until;

/// The process that strace runs, once it is stopped; none when it has ended without a stop.
fn stopped_child(tracer: Pid, trace: &Path) -> Option<Pid> {
    until("the reader is stopped, or ends", || {
        let trace = fs::read_to_string(trace).unwrap_or_default();
        if trace.contains("+++ exited") {
            return Some(None);
        }
        if !trace.contains("--- stopped by SIGSTOP ---") {
            return None;
        }
        let tracer = tracer.as_raw_nonzero();
        let children = format!("/proc/{tracer}/task/{tracer}/children");
        let children = fs::read_to_string(children).unwrap();
        Some(Pid::from_raw(children.trim().parse().unwrap()))
    })
}

#[test]
fn a_reader_that_is_overtaken_by_a_writer_raises_no_alarm() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let alice = repo.agent("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    // The reader is stopped each time when it has read the ref, and a writer overtakes it there.
    let state = repo.path().join(".git/refs/coord/state");
    let trace = sandbox.path().join("trace");
    let mut stops = 0;
    for nth in 1.. {
        let reader = alice.command(
            "strace",
            [
                "-o",
                trace.to_str().unwrap(),
                "-P",
                state.to_str().unwrap(),
                "-e",
                "trace=close",
                "-e",
                &format!("inject=close:signal=SIGSTOP:when={nth}"),
                env!("CARGO_BIN_EXE_git-coord"),
                "locks",
            ],
        );
        // What the last one left would be taken for this one's.
        let _ = fs::remove_file(&trace);
        let reader = reader.spawn();
        let Some(stopped) = stopped_child(reader.pid(), &trace) else {
            reader.wait().ok();
            break;
        };
        stops += 1;
        alice.coord(["lock", "src/a.rs"]).ok();
        kill_process(stopped, Signal::CONT).unwrap();
        reader.wait().ok();
    }
    assert!(stops > 0, "the reader never read the ref");
}
