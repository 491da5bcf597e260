//! `hooks`: let git itself ask about locks.

mod configured;
mod event;
mod manager;
mod place;
mod script;
mod way;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Coord, Failure};
use crate::store::{Error, Git};

use super::Context;
pub use event::Event;
use place::Place;
use script::Placed;
use way::Way;

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

/// The hook of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Installed {
    /// When it runs.
    pub event: Event,
    /// How it is installed: `config`, `script`, `pre-commit framework`, or the tool's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The hook that was there before and runs first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chains_to: Option<PathBuf>,
    /// Whether git would run it now.
    pub fires: bool,
    /// Why it would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
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
    let place = Place::find(coord)?;
    let git = coord.repo().git();
    let mut changed = Vec::new();
    let mut notes = Vec::new();
    if place.way == Way::Scripts {
        changed.extend(take_settings_away(git)?);
    }
    for event in Event::ALL {
        let name = event.name();
        match &place.way {
            Way::Config => {
                // First the setting, so that at no moment there is neither.
                if configured::place(git, &place.settings, event)? {
                    changed.push(format!("set hook.{}", configured::name(event)));
                }
                if place.take_script_away(event)? {
                    changed.push(format!("removed the script {name}"));
                }
            }
            Way::Scripts => {
                let placed = script::place(&place.own_dir, event)
                    .map_err(Error::io("installing a hook in", &place.own_dir))?;
                match placed {
                    Placed::Unchanged => {}
                    Placed::Written => changed.push(format!("wrote the script {name}")),
                    Placed::Blocked => notes.push(format!(
                        "{name} was replaced by another tool after git-coord had kept an older one; \
                         remove `{}` or merge it into `{name}`, then install again",
                        script::kept(&place.own_dir, event).display()
                    )),
                }
            }
            Way::Manager(_) => {}
        }
    }
    // As it stands after that.
    let after = Place::find(coord)?;
    let mut listed = after.list();
    if let Way::Manager(manager) = &place.way
        && !Event::ALL.iter().all(|event| after.look(*event).fires)
    {
        listed.snippet = Some(Snippet {
            manager: manager.name().into(),
            text: manager.snippet(after.top()),
        });
    }
    listed.changed = changed;
    listed.notes.extend(notes);
    Ok(listed)
}

/// Removes the hooks, however they were installed, and puts back what was there before.
///
/// # Errors
/// When a file or setting cannot be written.
pub fn uninstall(coord: &Coord) -> Result<Listed, Failure> {
    let place = Place::find(coord)?;
    let mut changed = take_settings_away(coord.repo().git())?;
    for event in Event::ALL {
        if place.take_script_away(event)? {
            changed.push(format!("removed the script {}", event.name()));
        }
    }
    let mut listed = list(coord)?;
    if let Some(manager) = &place.manager
        && Event::ALL
            .iter()
            .any(|event| manager.has(*event, place.top()))
    {
        let what = format!(
            "{} still names git-coord: remove its lines there",
            manager.name()
        );
        listed.notes.push(what);
    }
    listed.changed = changed;
    Ok(listed)
}

/// Takes every setting of ours out of the clone's config, and says which.
fn take_settings_away(git: &Git) -> Result<Vec<String>, Failure> {
    let mut changed = Vec::new();
    for event in configured::own(git)? {
        configured::take_away(git, event)?;
        changed.push(format!("unset hook.{}", configured::name(event)));
    }
    Ok(changed)
}

/// How the hooks stand.
///
/// # Errors
/// When git cannot be asked.
pub fn list(coord: &Coord) -> Result<Listed, Failure> {
    Ok(Place::find(coord)?.list())
}
