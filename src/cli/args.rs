//! The words of the command line.

use clap::{Parser, Subcommand};

use crate::mcp::Mcp;
use crate::ops::Operation;

use super::Dir;
use super::page::Color;
use super::pages::Pages;

const AFTER: &str = "\
Exit codes: 0 done, 1 refused, 2 wrong use, 3 authority not reached, 4 damaged or internal error,
5 not known whether it happened, 6 pending; `git coord help exit-codes` explains them.
Topics: git coord help exit-codes | identity | json | keys | relay | settings";

/// Locks, and what is built on them, for people and agents that share a git repository.
///
/// Everything is kept in git itself: one commit per operation under refs/coord/state, decided by
/// compare-and-swap, carried between clones by push and fetch.
#[derive(Debug, Parser)]
#[command(name = "git-coord", bin_name = "git coord", version, after_help = AFTER)]
#[command(disable_help_subcommand = true, infer_long_args = true)]
pub(super) struct Cli {
    /// Act as this agent, or AGENT/SESSION
    #[arg(long = "as", global = true, value_name = "AGENT")]
    pub(super) actor: Option<String>,
    /// Print one JSON object, the same that other faces give
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Colour the text [default: as git config color.coord or color.ui says]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(super) color: Option<Color>,
    /// Where changes are asked for on the branch that is checked out, push it at once
    #[arg(long, global = true)]
    pub(super) now: bool,
    /// Run as if started in this directory
    #[arg(short = 'C', global = true, value_name = "DIR")]
    pub(super) dir: Option<Dir>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(flatten)]
    Operation(Operation),
    #[command(flatten)]
    Page(Pages),
    Mcp(Mcp),
}

#[cfg(test)]
mod tests {
    use super::super::{man, whole};

    /// An argument of `man` had the name of an option that every command takes, which it lacked.
    #[test]
    fn every_command_takes_the_common_options() {
        let whole = whole();
        let common: Vec<_> = whole
            .get_arguments()
            .filter(|arg| arg.is_global_set())
            .map(|arg| arg.get_id())
            .collect();
        assert_eq!(common.len(), 5);
        for command in man::all(&whole) {
            let takes = |id| {
                command
                    .get_arguments()
                    .any(|arg| arg.get_id() == id && arg.is_global_set())
            };
            assert!(common.iter().all(|id| takes(*id)), "{}", command.get_name());
        }
    }
}
