//! The face that speaks the Model Context Protocol, for agents that have no shell, or are better
//! served by tools: `git coord mcp`.
//!
//! It adds nothing to what there is: every tool is an operation, every answer the one that
//! `--json` prints.

mod caller;
pub mod catalogue;
mod changes;
mod complete;
mod desk;
mod http;
mod progress;
mod prompts;
mod resources;
mod serve;
mod server;
mod short;
mod subscriptions;
pub mod tools;

pub use serve::{Mcp, server};
pub use server::Server;
