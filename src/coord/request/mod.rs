//! Requests that travel on branches: this clone's own, when it may push nothing else, and how any of
//! them is told from other commits.
//!
//! The view is the very chain that everybody has, fetched from the branch that a relay publishes it
//! as. A request is first decided here, on that view and what this clone has asked before, so that a
//! plain refusal comes at once and costs nothing; then it is written into an empty commit, and the
//! answer is what the relay's decision left in the state.

mod answer;
mod ask;
mod carry;
mod commit;
mod pending;
mod transport;
mod wait;

pub use answer::{Standing, Stands};
pub use transport::{Finding, Transport};

pub(super) use answer::news;
pub(super) use ask::handle;
pub(super) use commit::{Carried, read};
pub(super) use transport::{is_by_branch, probe};
