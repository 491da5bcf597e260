//! What the program can print about itself, without a repository.

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};

use crate::coord::Failure;

use super::schema::Kind;
use super::{completion, help, man, markdown, schema};

/// Pages about the program itself.
#[derive(Clone, Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Pages {
    /// Explain a command, or a topic: exit-codes, identity, json, keys, settings
    #[command(after_help = "`git coord --help` opens the manual instead, where it is installed.")]
    Help {
        /// A command or a topic; all commands when absent
        #[arg(value_name = "COMMAND|TOPIC")]
        about: Vec<String>,
    },
    /// Print a completion script for a shell
    ///
    /// It completes `git coord` as well as `git-coord`, with the keys that are locked and the agents
    /// that hold them.
    #[command(after_help = completion::INSTALL)]
    Completion {
        /// Which shell
        shell: completion::Shell,
    },
    /// Print the manual page, or write all of them into a directory
    #[command(after_help = man::INSTALL)]
    Man {
        /// Where to write them, such as ~/.local/share/man/man1; made when absent
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        into: Option<PathBuf>,
        /// Print all of them as one Markdown page
        #[arg(long, conflicts_with = "into")]
        markdown: bool,
    },
    /// Print the JSON Schema of a record, of an answer or of a failure
    Schema {
        /// Of what; a list of all when absent
        #[arg(value_name = "KIND")]
        kind: Option<Kind>,
    },
}

impl Pages {
    /// The page's text.
    ///
    /// # Errors
    /// When there is no such page, or a directory cannot be written.
    pub(super) fn run(&self) -> Result<String, Failure> {
        match self {
            Self::Help { about } => help::about(about),
            Self::Completion { shell } => Ok(completion::script(*shell).to_owned()),
            Self::Man { markdown: true, .. } => Ok(markdown::page()),
            Self::Man { into: None, .. } => man::page(),
            Self::Man {
                into: Some(dir), ..
            } => man::write(dir),
            Self::Schema { kind } => Ok(schema::of(*kind)),
        }
    }

    /// Whether the page is JSON by itself, whatever `--json` says.
    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Schema { kind: Some(_) })
    }
}
