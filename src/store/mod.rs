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

mod backend;
mod chain;
mod commit;
mod config;
mod draft;
mod durable;
mod error;
mod git;
mod guard;
mod libgit;
mod memory;
pub mod names;
mod object;
mod program;
mod recent;
mod refs;
mod remote;
mod repo;
mod snapshot;
mod tree;

pub use backend::{Backend, Pushed, RefSwap, Swapped};
pub use chain::{Advance, advance, contains, history};
pub use commit::{Commit, EpochLink, Person};
pub use config::{Config, TEAM_FILE, TEAM_KEYS};
pub use draft::Draft;
pub use error::{Error, Result};
pub use git::{Git, Output, Program};
pub use guard::{Guard, Intent};
pub use memory::{Fault, Memory};
pub use object::{HashKind, NewObject, ObjectKind};
pub use repo::{BackendChoice, Layout, OpenOptions, Repo};
pub use snapshot::Snapshot;
