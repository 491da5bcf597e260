//! git-coord: locks, and everything built on them, kept in git itself.
//!
//! The layers, each using only those to its left:
//!
//! ```text
//! model ← domain ← coord → store        faces on top: cli, hooks, agents
//! ```
//!
//! `model` holds plain values, `domain` pure decisions over them, `store` a chain of commits that
//! knows nothing of locks, and `coord` the one loop that reads, decides and publishes.
//! `docs/architecture.md` has the whole map.

pub mod agents;
pub mod child;
pub mod cli;
pub mod coord;
pub mod domain;
pub mod env;
pub mod github;
pub mod hooks;
pub mod mcp;
pub mod model;
pub mod ops;
#[cfg(feature = "planted")]
pub mod planted;
pub mod ports;
pub mod runner;
pub mod store;
pub mod wiring;
pub mod worktree;
