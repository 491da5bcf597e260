//! A chain of commits under one ref, read lazily and moved by compare-and-swap.
//!
//! The store reads and writes blobs at places in a tree. It has no idea what a lock or a task is.
//! What it promises, and the contract tests hold every backend to:
//!
//! 1. A [`Snapshot`] is one whole state; it never changes under its reader.
//! 2. Objects are written before the ref that names them moves.
//! 3. A ref moves only from the exact value that the writer saw ([`Backend::swap`]).
//! 4. What cannot be read is reported with its place and left as it is.
//!
//! It does not promise that a swap which was reported as failed did not happen: the caller reads
//! again and asks whether its commit is in the chain.

mod ancestry;
mod backend;
mod bundle;
mod chain;
mod commit;
mod config;
mod config_files;
#[cfg(test)]
mod contract;
mod difference;
mod draft;
mod durable;
mod error;
mod git;
mod guard;
mod index;
mod inspect;
mod kept;
mod layout;
mod libgit;
mod loose;
mod memory;
mod merge;
mod muted;
pub mod names;
mod neighbour;
mod object;
mod objects;
mod outlying;
mod own;
mod pack;
mod program;
mod push_trace;
mod reasons;
mod ref_file;
mod ref_locks;
mod refs;
mod remote;
mod repo;
mod shared;
mod snapshot;
mod spare;
mod stale;
mod stderr;
mod team_file;
mod tree;
mod version;
mod watchdog;

pub use backend::{Backend, Lack, Pushed, RefSwap, Swapped};
pub use chain::{Advance, advance, contains, history, past};
pub use commit::{Commit, EpochLink, Person};
pub use config::{Config, TARGET_KEYS, TEAM_FILE, TEAM_KEYS};
pub use config_files::ConfigFiles;
pub use difference::{Changed, changes};
pub use draft::Draft;
pub use error::{Error, Result};
pub use git::{Git, Output};
pub use guard::{Guard, Intent};
pub use index::Tracked;
pub use inspect::{Inspected, inspect};
pub use kept::spawn;
pub use layout::Layout;
pub use memory::{Fault, Memory};
pub use merge::{MergeCommit, Merged, Merger};
pub use object::{HashKind, NewObject, ObjectKind};
pub use own::ClonesOwn;
pub use repo::{BackendChoice, OpenOptions, Repo};
pub use shared::with_own_mask;
pub use snapshot::{Listing, Snapshot};
pub use stale::{LockFile, lock_files};
pub use version::Version;
