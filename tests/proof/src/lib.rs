//! What must never happen, tried often: a simulation of many agents, a model that is searched whole,
//! and a checker of histories.
//!
//! The decisions are the program's own source, compiled here with optimisation: they are pure, so that
//! nothing else of the program comes along.

// In a proof a panic is the report.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
// The program's own, which are looked at where they belong.
#![allow(missing_docs)]

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[allow(dead_code, reason = "the rest of the program uses it")]
#[path = "../../../src/model/mod.rs"]
pub mod model;
#[cfg(feature = "planted")]
#[path = "../../../src/planted.rs"]
pub mod planted;
