//! `doctor`: what is wrong, and putting it right.

use std::path::Path;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::doctor::{Ask, Report, examine};

/// Examine everything that locks stand on, and repair what can be repaired.
///
/// Numbered checks say what was found and what to do: git and this repository, settings, the
/// state, its chain and its records, the remote, clocks, hooks, leftovers, the files of coding
/// agents, and the workflows on GitHub. Nothing is changed
/// without `--fix`, and no repair throws anything away: a state that is replaced is kept as
/// `refs/coord/rescued/<n>`.
///
/// Ends with 0 when no check found a problem, and with 4 otherwise.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Doctor {
    /// Repair this clone
    #[arg(long)]
    pub fix: bool,
    /// With --fix: put the remote's state right too, from this clone
    #[arg(long, requires = "fix")]
    pub restore_remote: bool,
    /// With --fix: trust this commit as the state from now on
    #[arg(long, requires = "fix", value_name = "COMMIT")]
    pub accept: Option<String>,
    /// Try what the remote accepts, on a scratch ref that is deleted again
    #[arg(long)]
    pub probe: bool,
}

impl Doctor {
    /// Examines the repository around `dir`. It needs no [`super::Context`]: it has an answer also
    /// where none can be opened.
    pub fn run(&self, dir: &Path, given: Option<&str>) -> Report {
        let ask = Ask {
            fix: self.fix,
            restore_remote: self.fix && self.restore_remote,
            accept: self.accept.clone().filter(|_| self.fix),
            probe: self.probe,
        };
        examine(dir, given, &ask)
    }
}
