//! A reader beside a writer: it sees one whole state, older or newer, and no alarm.

use crate::support::Sandbox;
use crate::support::strace::Traced;

#[test]
fn a_reader_that_is_overtaken_by_a_writer_raises_no_alarm() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let alice = repo.agent("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    // The reader is stopped each time when it has read the ref, and a writer overtakes it there.
    let state = repo.path().join(".git/refs/coord/state");
    let mut stops = 0;
    for nth in 1.. {
        let stop = format!("inject=close:signal=SIGSTOP:when={nth}");
        let options = [
            "-P",
            state.to_str().unwrap(),
            "-e",
            "trace=close",
            "-e",
            &stop,
        ];
        match Traced::coord(&alice, &options, &["locks"]).stopped() {
            Ok(reader) => {
                alice.coord(["lock", "src/a.rs"]).ok();
                reader.go_on().wait().ok();
                stops += 1;
            }
            Err(ended) => {
                ended.ok();
                break;
            }
        }
    }
    assert!(stops > 0, "the reader never read the ref");
}
