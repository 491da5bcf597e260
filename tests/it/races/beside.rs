//! The same races beside what else happens in a repository: housekeeping, and a person at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::field::{Counts, Field, Format};

/// Processes in one round.
const RACERS: usize = 16;
/// Rounds beside each kind of work in each format.
const ROUNDS: usize = 6;

/// Git commands that run again and again beside the racers. They may fail, for git's own commands
/// get into each other's way; what counts is what becomes of the racers.
fn beside(what: &str, format: Format, work: &[&[&str]]) {
    let start = Instant::now();
    let mut field = Field::new(format, RACERS, fastrand::u64(..));
    let repo = field.repo.clone();
    let quiet = Arc::clone(&field.quiet);
    let is_over = AtomicBool::new(false);
    let runs = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                for args in work {
                    let _quiet = quiet.lock();
                    let outcome = repo.git(*args);
                    runs.fetch_add(usize::from(outcome.is_ok()), Ordering::SeqCst);
                }
            }
        });
        // However a round ends, the work beside it does.
        let over = Over(&is_over);
        for _ in 0..ROUNDS {
            let wishes = field.mixed_wishes(RACERS);
            let sentences = field.sentences(RACERS);
            let racers = field.race(&wishes, &sentences);
            field.settle(&wishes, &racers);
        }
        drop(over);
    });
    let counts: &Counts = &field.counts;
    println!(
        "beside {what} ({} done), {format:?}, {:?}: {counts:?}",
        runs.load(Ordering::SeqCst),
        start.elapsed()
    );
    assert!(runs.load(Ordering::SeqCst) > 0, "nothing went on beside");
}

/// Tells the work that it is over, also when a round fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn races_beside_pack_refs() {
    for format in Format::known(&[Format::Files, Format::Reftable]) {
        beside("pack-refs", format, &[&["pack-refs", "--all"]]);
    }
}

#[test]
fn races_beside_gc() {
    for format in Format::known(&[Format::Files, Format::Sha256]) {
        beside("gc", format, &[&["gc", "--quiet"]]);
    }
}

#[test]
fn races_beside_immediate_pruning() {
    for format in Format::known(&[Format::Files, Format::Program]) {
        beside("prune", format, &[&["prune", "--expire=now"]]);
    }
}

#[test]
fn races_beside_a_person_at_work() {
    for format in Format::known(&[Format::Files, Format::Reftable]) {
        beside(
            "a person",
            format,
            &[
                &["commit", "--quiet", "--allow-empty", "--message=work"],
                &["fetch", "--quiet", ".", "refs/heads/main:refs/heads/copy"],
                &[
                    "fetch",
                    "--quiet",
                    "--force",
                    ".",
                    "HEAD:refs/remotes/origin/main",
                ],
            ],
        );
    }
}
