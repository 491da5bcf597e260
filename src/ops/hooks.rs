//! `hooks`: let git itself ask about locks.

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::hooks::{Changes, Hooks as Standing};
use crate::coord::{Coord, Failure};

use super::Context;
pub use crate::coord::hooks::{Event, Installed};

/// Let git itself ask about locks, before each commit and push.
///
/// The hooks refuse commits and pushes that change what somebody else holds, name the agent and its
/// locks in commit messages, renew locks while work goes on, and keep the view fresh. Hooks that
/// are there already keep working; `core.hooksPath` is never set.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do with the hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Install them; a second time changes nothing
    Install,
    /// Remove them, and put back what was there before
    Uninstall,
    /// Show for each event how it is installed, what else runs, and whether it would fire
    List,
}

/// The answer of `hooks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// One for each event.
    pub hooks: Vec<Installed>,
    /// What was changed just now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// What a person should know or do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What to write into the files of the tool that owns the hooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Snippet>,
}

/// What another tool has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Snippet {
    /// The tool, or the setting that says where hooks are.
    pub manager: String,
    /// The lines, each group below the name of its file.
    pub text: String,
}

impl Hooks {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let coord = &context.coord;
        match self.what {
            What::Install => install(coord),
            What::Uninstall => uninstall(coord),
            What::List => list(coord),
        }
    }
}

/// Installs the hooks the way that suits this repository.
///
/// # Errors
/// When a file or setting cannot be written.
pub fn install(coord: &Coord) -> Result<Listed, Failure> {
    let changes = Standing::find(coord)?.install()?;
    let standing = Standing::find(coord)?;
    let mut listed = listed(&standing, changes);
    listed.snippet = standing.lines().map(|(manager, text)| Snippet {
        manager: manager.into(),
        text,
    });
    Ok(listed)
}

/// Removes the hooks, however they were installed, and puts back what was there before.
///
/// # Errors
/// When a file or setting cannot be written.
pub fn uninstall(coord: &Coord) -> Result<Listed, Failure> {
    let changes = Standing::find(coord)?.uninstall()?;
    let standing = Standing::find(coord)?;
    let mut listed = listed(&standing, changes);
    if let Some(tool) = standing.named_by() {
        let what = format!("{tool} still names git-coord: remove its lines there");
        listed.notes.push(what);
    }
    Ok(listed)
}

/// How the hooks stand.
///
/// # Errors
/// When git cannot be asked.
pub fn list(coord: &Coord) -> Result<Listed, Failure> {
    Ok(listed(&Standing::find(coord)?, Changes::default()))
}

fn listed(standing: &Standing<'_>, changes: Changes) -> Listed {
    let mut notes: Vec<String> = standing.asks_twice().into_iter().collect();
    notes.extend(changes.notes);
    Listed {
        hooks: standing.all(),
        changed: changes.changed,
        notes,
        snippet: None,
    }
}
