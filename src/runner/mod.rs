//! Running checks: a command line of the target branch, in a working tree of exactly one commit.
//!
//! A run takes a [`Slot`] of the machine's [`Pool`], a persistent working tree outside the
//! repository's own, makes it what the commit says (`checkout`), and runs the commands of a
//! [`Spec`] there one after the other: in a process group of their own, with a clean environment, a
//! time limit and a bounded log. When the run is over, nothing that it started is left.
//!
//! What is run is never for an entry to say: it comes from the runner's command line, or from the
//! commit that the target branch has. Nothing here knows the queue; its loop says what to run and
//! what came of it.

mod checkout;
mod drive;
mod environment;
mod event;
mod expected;
mod jobs;
mod leftover;
mod log;
mod pool;
mod process;
mod slot;
mod spec;
mod tail;
mod trouble;

pub use drive::{Drive, Driven};
pub use event::{Event, Step, Unwatched, Watch};
pub use expected::expected;
pub use jobs::jobs_default;
pub use pool::{Cleared, Pool};
pub use slot::{Ended, Job, Slot};
pub use spec::{Source, Spec};
pub use trouble::Trouble;
