//! Clones to try things on, and the short forms that the tests share.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use chrono::DateTime;
use tempfile::TempDir;

use crate::model::object_id::ObjectId;
use crate::model::place::Place;
use crate::store::names::STATE;
use crate::store::{
    Backend, Commit, Draft, Git, Memory, ObjectKind, Person, RefSwap, Repo, Snapshot, Swapped,
    Version,
};

/// Changes of one commit; `None` removes.
pub(super) type Edits = BTreeMap<Place, Option<Vec<u8>>>;

/// Longer than anything here takes: passing it means being stuck.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The backends under contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No git at all.
    Memory,
    /// libgit2 for objects; refs in files, SHA-1.
    Lib,
    /// The git program for objects; refs in files, SHA-1.
    Program,
    /// Refs in reftables, which libgit2 cannot open.
    Reftable,
    /// SHA-256, which libgit2 cannot open either.
    Sha256,
}

impl Kind {
    /// Whether the git here can make such a repository.
    pub(super) fn is_known(self) -> bool {
        let version = || Version::of(&Git::here()).expect("git is installed");
        self != Self::Reftable || version() >= Some(Version::REFTABLE)
    }
}

/// Two clones, `here` and `there`, and the hub that both call `origin`.
pub(super) struct Rig {
    pub(super) kind: Kind,
    memories: (Memory, Memory),
    dir: TempDir,
    is_built: [OnceCell<()>; 3],
}

impl Rig {
    pub(super) fn new(kind: Kind) -> Self {
        // Else a test run from a git hook would work on the repository of that hook.
        assert!(std::env::var_os("GIT_DIR").is_none(), "GIT_DIR is set");
        let here = Memory::new();
        let there = Memory::clone_of(&here);
        Self {
            kind,
            memories: (here, there),
            dir: TempDir::new().expect("a temporary directory"),
            is_built: Default::default(),
        }
    }

    /// A new handle on the first clone.
    pub(super) fn here(&self) -> Box<dyn Backend> {
        match self.kind {
            Kind::Memory => Box::new(self.memories.0.same_clone()),
            _ => Box::new(open(&self.here_dir())),
        }
    }

    /// A new handle on the second clone.
    pub(super) fn there(&self) -> Box<dyn Backend> {
        match self.kind {
            Kind::Memory => Box::new(self.memories.1.same_clone()),
            _ => Box::new(open(&self.there_dir())),
        }
    }

    pub(super) fn is_memory(&self) -> bool {
        self.kind == Kind::Memory
    }

    pub(super) fn is_reftable(&self) -> bool {
        self.kind == Kind::Reftable
    }

    /// The first clone's working tree.
    pub(super) fn here_dir(&self) -> PathBuf {
        self.built(0, "here", &[])
    }

    /// The second clone's working tree.
    pub(super) fn there_dir(&self) -> PathBuf {
        self.built(1, "there", &[])
    }

    /// The bare repository that both push to.
    pub(super) fn hub_dir(&self) -> PathBuf {
        self.built(2, "hub", &["--bare"])
    }

    /// What a ref of the hub names, asked without the code under test.
    pub(super) fn hub_tip(&self, name: &str) -> Option<ObjectId> {
        if self.is_memory() {
            let asker = Memory::clone_of(&self.memories.0);
            return asker.fetch("origin", name).expect("memory is reachable");
        }
        let format = ["for-each-ref", "--format=%(objectname)", name];
        git(&self.hub_dir(), &format).parse().ok()
    }

    fn built(&self, slot: usize, name: &str, extra: &[&str]) -> PathBuf {
        let path = self.dir.path().join(name);
        self.is_built[slot].get_or_init(|| {
            let mut args = vec!["init", "--quiet", "--template="];
            args.extend_from_slice(extra);
            match self.kind {
                Kind::Reftable => args.push("--ref-format=reftable"),
                Kind::Sha256 => args.push("--object-format=sha256"),
                Kind::Memory | Kind::Lib | Kind::Program => {}
            }
            args.push(name);
            git(self.dir.path(), &args);
            let backend = if self.kind == Kind::Program {
                "backend = git"
            } else {
                ""
            };
            let settings = format!(
                "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n\
                 [remote \"origin\"]\n\turl = ../hub\n\
                 [coord]\n\tfsync = false\n\t{backend}\n"
            );
            append(&git_dir(&path).join("config"), &settings);
        });
        path
    }
}

/// Opens a real clone.
pub(super) fn open(dir: &Path) -> Repo {
    Repo::discover(dir).expect("the repository was just made")
}

/// The git directory of a clone or of a bare repository.
pub(super) fn git_dir(dir: &Path) -> PathBuf {
    let inner = dir.join(".git");
    if inner.is_dir() {
        inner
    } else {
        dir.to_owned()
    }
}

pub(super) fn append(file: &Path, text: &str) {
    let mut all = std::fs::read_to_string(file).expect("a readable file");
    all.push_str(text);
    std::fs::write(file, all).expect("a writable file");
}

/// Runs git as a person would, without anybody's own settings; returns what it printed.
pub(super) fn git(dir: &Path, args: &[&str]) -> String {
    let output = try_git(dir, args);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {words}");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

/// Like [`git`], for commands that may lose a race.
pub(super) fn try_git(dir: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "a person")
        .env("GIT_AUTHOR_EMAIL", "person@example.org")
        .env("GIT_COMMITTER_NAME", "a person")
        .env("GIT_COMMITTER_EMAIL", "person@example.org")
        .env("LC_ALL", "C")
        .output()
        .expect("git is installed")
}

/// The real state's chain must be flawless for git as well.
pub(super) fn assert_sound(dir: &Path) {
    let output = try_git(dir, &["fsck", "--strict", "--no-dangling", "--no-progress"]);
    let words = [output.stdout, output.stderr].concat();
    let words = String::from_utf8_lossy(&words);
    // An unborn branch is what a repository without commits of its own has.
    let flaws: Vec<&str> = words
        .lines()
        .filter(|line| !line.contains("unborn"))
        .collect();
    assert!(output.status.success() && flaws.is_empty(), "{flaws:#?}");
}

pub(super) fn place(text: &str) -> Place {
    Place::new(text).expect("a sane place")
}

pub(super) fn edits(list: &[(&str, Option<&str>)]) -> Edits {
    let owned = |text: &str| text.as_bytes().to_vec();
    list.iter()
        .map(|(at, new)| (place(at), new.map(owned)))
        .collect()
}

/// A commit that no other commit equals.
pub(super) fn about(subject: &str) -> impl FnOnce(ObjectId, Option<ObjectId>) -> Commit + use<> {
    let message = format!("{subject}\n\nop {}\n", ulid::Ulid::generate());
    move |tree, parent| Commit {
        tree,
        parent,
        author: Person::new("agent", "agent@example.org"),
        committer: Person::new("agent", "agent@example.org"),
        at: DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time"),
        signed: false,
        message,
    }
}

/// Writes one commit on `on`, which no ref names yet.
pub(super) fn write_on(backend: &dyn Backend, on: Option<ObjectId>, edits: &Edits) -> ObjectId {
    let snapshot = Snapshot::at(backend, on).expect("a readable base");
    let mut draft = Draft::on(&snapshot);
    let id = draft
        .commit(edits, about("change"), false)
        .expect("a commit");
    draft.write().expect("written objects");
    id
}

/// Writes a commit with one record on `on`.
pub(super) fn write_one(backend: &dyn Backend, on: Option<ObjectId>, text: &str) -> ObjectId {
    write_on(backend, on, &edits(&[("values/x.json", Some(text))]))
}

pub(super) fn swap_of(old: Option<ObjectId>, new: ObjectId) -> RefSwap {
    RefSwap {
        name: STATE.into(),
        old,
        new,
    }
}

/// Moves the local state ref, which must succeed.
pub(super) fn move_state(backend: &dyn Backend, old: Option<ObjectId>, new: ObjectId) {
    let _guard = backend.lock(PATIENCE).expect("the lock");
    let swapped = backend.swap(&[swap_of(old, new)]).expect("an answer");
    assert_eq!(swapped, Swapped::Moved);
}

/// Reads, decides, writes, locks and swaps, deciding again after each lost race.
pub(super) fn publish(backend: &dyn Backend, decide: impl Fn(&Snapshot<'_>) -> Edits) -> ObjectId {
    loop {
        let tip = backend.tip(STATE).expect("a readable ref");
        let snapshot = Snapshot::at(backend, tip).expect("a readable state");
        let mut draft = Draft::on(&snapshot);
        let id = draft
            .commit(&decide(&snapshot), about("change"), false)
            .expect("a commit");
        draft.write().expect("written objects");
        let _guard = backend.lock(PATIENCE).expect("the lock");
        match draft.swap(&[swap_of(tip, id)]).expect("an answer") {
            Swapped::Moved => return id,
            Swapped::Lost => {}
        }
    }
}

/// The text of a record; empty when there is none.
pub(super) fn text_at(snapshot: &Snapshot<'_>, at: &str) -> String {
    let bytes = snapshot.get(&place(at)).expect("a readable record");
    bytes.map_or_else(String::new, |bytes| {
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The state's records as text.
pub(super) fn texts(backend: &dyn Backend, tip: Option<ObjectId>) -> BTreeMap<String, String> {
    let snapshot = Snapshot::at(backend, tip).expect("a readable state");
    let found = snapshot.under("").expect("readable trees");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    found
        .into_iter()
        .map(|(at, bytes)| {
            let bytes = bytes.expect("a readable record");
            (at.as_str().to_owned(), text(&bytes))
        })
        .collect()
}

/// Any object of a kind, by its bytes.
pub(super) fn raw(backend: &dyn Backend, kind: ObjectKind, data: &[u8]) -> ObjectId {
    let object = crate::store::NewObject::new(backend.hash(), kind, data.to_vec());
    let id = object.id;
    backend.write(&[object]).expect("a written object");
    id
}
