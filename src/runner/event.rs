//! What is told while checks run, for whoever shows it.

use std::time::Duration;

use super::slot::{Ended, Job};

/// Something about one run.
#[derive(Clone, Copy, Debug)]
pub struct Event<'e> {
    /// The number of its slot, from 1.
    pub slot: usize,
    /// What is run.
    pub job: &'e Job,
    /// What happened.
    pub step: Step<'e>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub enum Step<'e> {
    /// The working tree is being made what the commit says.
    Preparing,
    /// A command begins.
    Command {
        /// What is run.
        command: &'e str,
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// It goes on; told about once a second.
    Running {
        /// For how long it has, all commands together.
        elapsed: Duration,
    },
    /// It came to an end.
    Ended(&'e Ended),
    /// It was given up without one.
    GivenUp,
}

/// Is told what happens, by several runs at the same time.
pub trait Watch: Sync {
    /// Something happened. It must not take long: the run waits for it.
    fn told(&self, event: &Event<'_>);
}

/// Nobody looks.
pub struct Unwatched;

impl Watch for Unwatched {
    fn told(&self, _: &Event<'_>) {}
}
