//! Files of the clone that are damaged, each in each way: no command panics or hangs, nothing that
//! somebody holds is granted, and what is damaged is left as it is or made right, never reset.
//!
//! `COORD_SWEEP=full` takes every file; else some of the objects stand for all.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::aftermath::repository;
use crate::support::calls::is_full;
use crate::support::moment::{Copy, Moment};
use crate::support::race::two_at_a_time;
use crate::support::{Agent, Outcome, Sandbox};

/// What bob holds in every world here.
const BOBS: &str = "src/b.rs";
/// Of the files below a directory of objects, every so many-th is taken.
const STEP: usize = 7;
/// The size of a sparse file that is far too long, in bytes.
const LONG: u64 = 32 << 20;

/// What happens to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Empty,
    Cut,
    Flipped,
    Garbage,
    Deep,
    Long,
    Deleted,
    Link,
    Directory,
    Unreadable,
}

const ALL: &[Damage] = &[
    Damage::Empty,
    Damage::Cut,
    Damage::Flipped,
    Damage::Garbage,
    Damage::Deep,
    Damage::Long,
    Damage::Deleted,
    Damage::Link,
    Damage::Directory,
    Damage::Unreadable,
];

impl Damage {
    fn strike(self, file: &Path) {
        let bytes = fs::read(file).unwrap();
        let put = |bytes: &[u8]| {
            // Objects are read-only files.
            fs::remove_file(file).unwrap();
            fs::write(file, bytes).unwrap();
        };
        match self {
            Self::Empty => put(b""),
            Self::Cut => put(&bytes[..bytes.len() / 2]),
            Self::Flipped => {
                let mut bytes = bytes;
                if let Some(byte) = bytes.get_mut(7) {
                    *byte ^= 0x40;
                }
                put(&bytes);
            }
            Self::Garbage => put(&[0xff, 0x00, 0x1b, b'[', b'2', b'J', 0x80, b'\n'].repeat(40)),
            Self::Deep => put("[".repeat(100_000).as_bytes()),
            Self::Long => {
                put(b"x");
                let long = fs::OpenOptions::new().append(true).open(file).unwrap();
                long.set_len(LONG).unwrap();
                (&long).flush().unwrap();
            }
            Self::Deleted => fs::remove_file(file).unwrap(),
            Self::Link => {
                fs::remove_file(file).unwrap();
                symlink("/dev/null", file).unwrap();
            }
            Self::Directory => {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
            }
            Self::Unreadable => put(b"ref: refs/heads/../../../../etc/passwd\n"),
        }
    }
}

/// The files that a sweep takes, by their path in the copy.
fn targets(copy: &Copy) -> Vec<PathBuf> {
    let root = copy.path().join(".git");
    let mut objects = 0;
    let is_taken = |file: &PathBuf| {
        let name = file.to_string_lossy();
        if name.contains("/objects/") && !is_full() {
            objects += 1;
            return objects % STEP == 1;
        }
        // What is git's own and nothing of ours reads it.
        ![
            "/hooks/",
            "/info/",
            "/logs/",
            "description",
            "COMMIT_EDITMSG",
        ]
        .iter()
        .any(|part| name.contains(part))
    };
    let all = copy.files().into_iter();
    all.map(|file| copy.path().parent().unwrap().join(file))
        .filter(|file| file.starts_with(&root) && file.is_file())
        .filter(is_taken)
        .map(|file| file.strip_prefix(copy.path()).unwrap().to_owned())
        .collect()
}

/// Whether the damage is for us to bear: git itself reads whole what stands here.
fn suits(file: &Path, damage: Damage) -> bool {
    let is_gits = ["config", "packed-refs"]
        .iter()
        .any(|name| file.ends_with(name));
    !(is_gits && matches!(damage, Damage::Long))
}

/// A command ended with an answer of its own.
#[track_caller]
fn is_answer(outcome: &Outcome, at: &str) {
    assert!((0..=5).contains(&outcome.code), "{at}: {outcome}");
    let is_clean = !outcome.stderr.contains('\u{1b}') && !outcome.stdout.contains('\u{1b}');
    assert!(is_clean, "{at}: {outcome}");
}

fn check(copy: &Copy, at: &str) {
    for args in [
        &["locks"][..],
        &["status"],
        &["lock", "src/new.rs"],
        &["check", BOBS],
        &["log", "--verify"],
        &["doctor"],
    ] {
        is_answer(&copy.coord(args), &format!("{args:?} with {at}"));
    }
    // Without any state there is nothing to hold: a person may have taken it away on purpose.
    let is_gone = copy.git(["rev-parse", "--quiet", "--verify", "refs/coord/state"]);
    let bobs = copy.coord(["lock", BOBS]);
    is_answer(&bobs, &format!("locking what bob holds with {at}"));
    assert!(
        !bobs.is_ok(),
        "granted over bob with {at}: {bobs}\n{is_gone}"
    );
}

fn sweep(what: &str, agent: &Agent) {
    let world = Moment::of(agent, None);
    let files = targets(&world.copy("fresh"));
    assert!(files.len() > 8, "{files:?}");
    let cases = files
        .iter()
        .flat_map(|file| ALL.iter().map(move |damage| (file, *damage)));
    let mut cases: Vec<_> = cases
        .filter(|(file, damage)| suits(file, *damage))
        .collect();
    if !is_full() {
        // Every file and every damage, but not each with each.
        cases = cases.into_iter().step_by(7).collect();
    }
    let count = Mutex::new(0);
    two_at_a_time(cases, |number, (file, damage)| {
        let copy = world.copy(&number.to_string());
        damage.strike(&copy.path().join(file));
        check(&copy, &format!("{damage:?} {}", file.display()));
        *count.lock().unwrap() += 1;
    });
    println!("{what}: {} cases", count.into_inner().unwrap());
}

#[test]
fn damaged_files_grant_nothing() {
    let alice = repository(&[], true);
    sweep("files", &alice);
}

#[test]
fn damaged_files_grant_nothing_after_packing() {
    let alice = repository(&[], true);
    alice.git(["pack-refs", "--all"]).ok();
    alice.git(["repack", "-a", "-d", "-q"]).ok();
    sweep("packed", &alice);
}

#[test]
fn damaged_files_of_a_shared_clone_grant_nothing() {
    let hub = Sandbox::new().bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.beside("bob").coord(["lock", BOBS]).ok();
    sweep("shared", &alice);
}
