//! End-to-end tests: the built program, real git, real servers on the loopback.
//!
//! One binary, because each further one would link everything again. What the tests stand on is in
//! `support`; every other module is named after the thing that it tests.

// The rig uses process groups, Unix sockets and Unix permissions.
#![cfg(unix)]
// In a test a panic is the report, and its place says more than a message would.
#![allow(clippy::unwrap_used)]
// Races and sweeps say how much they did; the runner shows it with `--nocapture`.
#![allow(clippy::print_stdout)]

mod adopt;
mod aftermath;
mod agent_hooks;
mod agents;
mod authority;
mod completion;
mod damage;
mod disk_full;
mod docs;
mod doctor;
mod epochs;
mod errors;
mod features;
mod gc;
mod github;
mod group_commit;
mod handoff;
mod hints;
mod histories;
#[path = "../proof/src/history.rs"]
mod history;
mod hooks;
mod hostile;
mod init;
mod kills;
mod layers;
mod log;
mod manual;
mod mcp;
mod memory;
mod merging;
mod messages;
mod pager;
mod peers;
mod ports;
mod push;
mod queue;
mod queue_simulation;
mod races;
mod relay;
mod repositories;
mod rig;
mod run;
mod runner;
mod schema;
mod screens;
mod secrets;
mod shared_repository;
mod support;
mod sync;
mod task_graphs;
mod tasks;
mod unread;
mod usage;
mod values;
mod waiting;
mod watch;
mod why;
mod wiring;
mod workflows;
