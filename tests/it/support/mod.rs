//! What the tests stand on: sandboxes, running programs, servers, faults.
//!
//! Nothing here knows a lock or a task. It knows the program only by its path and by the two
//! variables that name an agent and its session, so that a test reads as a story of people at
//! their clones. The rig's own tests are in `rig`.

pub mod calls;
pub mod capture;
pub mod git;
pub mod hooks;
pub mod moment;
pub mod outcome;
pub mod placeholders;
pub mod proxy;
pub mod race;
pub mod repo;
pub mod run;
pub mod sandbox;
pub mod server;
pub mod shell;
pub mod state;
pub mod strace;
pub mod strike;
pub mod wait;

pub use outcome::Outcome;
pub use race::race;
pub use repo::{Agent, Hub, Repo};
pub use run::{Invocation, Running};
pub use sandbox::Sandbox;
pub use shell::Shell;
