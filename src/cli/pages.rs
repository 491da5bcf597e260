//! What the program can print about itself, without a repository.

use clap::Subcommand;

use crate::coord::Failure;

/// Pages about the program itself.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Pages {}

impl Pages {
    pub(super) fn run(&self) -> Result<String, Failure> {
        match *self {}
    }
}
