//! Pure decisions: a state and a request in, a plan or a refusal out.
//!
//! No git, clock, network, environment or printing. The same functions decide here, in the retry
//! of a lost race, for a neighbour whose request shares a push, at a relay, and when the history
//! is checked: [`decide`] on the parent of a commit has to give the commit's own tree.

pub mod adopt;
pub mod agent;
pub mod belongs;
pub mod check;
pub mod feature;
pub mod gc;
pub mod happenings;
pub mod lease;
pub mod locks;
pub mod report;
pub mod review;
pub mod staged;

mod circle;
mod compact;
mod decide;
pub mod handoff;
mod id;
pub mod land;
mod line;
mod lock;
pub mod memory;
pub mod message;
pub mod mirror;
mod note;
mod notices;
pub mod queue;
pub mod relay;
mod renew;
pub mod secret;
mod steal;
pub mod task;
#[cfg(test)]
mod tests;
pub mod trust;
mod unlock;
pub mod value;
mod wait;
pub mod why;

pub use compact::Format;
pub use decide::{Plan, decide, knows_rules};
pub use staged::{Staged, State};
