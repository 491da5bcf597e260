//! `hooks`: let git itself ask about locks.

mod configured;
mod event;
mod manager;
mod script;
mod way;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Coord, Failure};
use crate::env;
use crate::store::Error;

use super::Context;
pub use event::Event;
use manager::Manager;
use script::{Placed, Stands};
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
            What::List => Ok(Place::find(coord)?.list()?),
        }
    }
}

/// Installs the hooks the way that suits this repository.
///
/// # Errors
/// When a file or setting cannot be written.
pub fn install(coord: &Coord) -> Result<Listed, Failure> {
    let place = Place::find(coord)?;
    let mut changed = Vec::new();
    let mut notes = Vec::new();
    for event in Event::ALL {
        let name = event.name();
        match &place.way {
            Way::Config => {
                if place.take_script_away(event)? {
                    changed.push(format!("removed the script {name}"));
                }
                if configured::place(coord.repo().git(), event)? {
                    changed.push(format!("set hook.{}", configured::name(event)));
                }
            }
            Way::Scripts => {
                if configured::take_away(coord.repo().git(), event)? {
                    changed.push(format!("unset hook.{}", configured::name(event)));
                }
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
    let mut listed = place.list()?;
    if let Way::Manager(manager) = &place.way
        && !listed.hooks.iter().all(|hook| hook.by.is_some())
    {
        listed.snippet = Some(Snippet {
            manager: manager.name().into(),
            text: manager.snippet(coord.repo().layout().work_dir.as_deref()),
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
    let mut changed = Vec::new();
    for event in Event::ALL {
        if configured::take_away(coord.repo().git(), event)? {
            changed.push(format!("unset hook.{}", configured::name(event)));
        }
        if place.take_script_away(event)? {
            changed.push(format!("removed the script {}", event.name()));
        }
    }
    let mut listed = place.list()?;
    if let Way::Manager(manager) = &place.way
        && listed.hooks.iter().any(|hook| hook.by.is_some())
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

/// How the hooks stand.
///
/// # Errors
/// When git cannot be asked.
pub fn list(coord: &Coord) -> Result<Listed, Failure> {
    Place::find(coord)?.list()
}

/// Where hooks of this repository belong, and where they are.
struct Place<'c> {
    coord: &'c Coord,
    /// The repository's own hooks folder.
    own_dir: PathBuf,
    way: Way,
    has_config_hooks: bool,
    /// Whether git looks for hooks elsewhere (`core.hooksPath`).
    is_elsewhere: bool,
}

impl<'c> Place<'c> {
    fn find(coord: &'c Coord) -> Result<Self, Failure> {
        let repo = coord.repo();
        let layout = repo.layout();
        let own_dir = layout.common_dir.join("hooks");
        let in_force = hooks_dir(coord)?;
        let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
        let is_elsewhere = real(&in_force) != real(&own_dir);
        let version = String::from_utf8_lossy(&repo.git().expect(&["version"], None)?).into_owned();
        let elsewhere = is_elsewhere.then_some(in_force.as_path());
        let manager = Manager::find(layout.work_dir.as_deref(), elsewhere);
        Ok(Self {
            coord,
            own_dir,
            way: way::choose(&version, manager),
            has_config_hooks: way::has_config_hooks(&version),
            is_elsewhere,
        })
    }

    fn take_script_away(&self, event: Event) -> Result<bool, Failure> {
        script::take_away(&self.own_dir, event)
            .map_err(Error::io("removing a hook from", &self.own_dir))
            .map_err(Failure::from)
    }

    fn list(&self) -> Result<Listed, Failure> {
        let program = env::find_program("git-coord");
        let mut hooks = Vec::new();
        for event in Event::ALL {
            let mut hook = self.look(event)?;
            if hook.fires && program.is_none() {
                hook.fires = false;
                hook.why_not = Some("git-coord is not on PATH".into());
            }
            hooks.push(hook);
        }
        Ok(Listed {
            hooks,
            changed: Vec::new(),
            notes: Vec::new(),
            snippet: None,
        })
    }

    fn look(&self, event: Event) -> Result<Installed, Failure> {
        let found = |by: &str, why_not: Option<&str>| Installed {
            event,
            by: Some(by.to_owned()),
            chains_to: None,
            fires: why_not.is_none(),
            why_not: why_not.map(str::to_owned),
        };
        if let Some(setting) = configured::read(self.coord.repo().git(), event)? {
            let why_not = match setting {
                _ if !self.has_config_hooks => Some("this git is older than 2.54"),
                configured::Setting {
                    is_enabled: false, ..
                } => Some("it is switched off"),
                configured::Setting {
                    is_bound: false, ..
                } => Some("it is bound to no event"),
                _ => None,
            };
            return Ok(found("config", why_not));
        }
        let path = self.own_dir.join(event.name());
        let by = match script::stands(&self.own_dir, event) {
            Stands::Ours => Some("script"),
            Stands::Wrapped => Some("pre-commit framework"),
            Stands::Nothing | Stands::Other => None,
        };
        if let Some(by) = by {
            let why_not = if self.is_elsewhere {
                Some("core.hooksPath names another folder")
            } else if script::is_executable(&path) {
                None
            } else {
                Some("the script is not executable")
            };
            let mut hook = found(by, why_not);
            let kept = script::kept(&self.own_dir, event);
            hook.chains_to = kept.symlink_metadata().is_ok().then_some(kept);
            return Ok(hook);
        }
        let top = self.coord.repo().layout().work_dir.as_deref();
        if let Way::Manager(manager) = &self.way
            && manager.has(event, top)
        {
            return Ok(found(manager.name(), None));
        }
        Ok(Installed {
            by: None,
            ..found("", Some("it is not installed"))
        })
    }
}

/// The folder that git looks into, as git says: it may be set anywhere.
fn hooks_dir(coord: &Coord) -> Result<PathBuf, Failure> {
    let args = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"];
    // Our own calls switch hooks off by that very setting; this one must see the user's.
    let output = coord.repo().git().run_with_hooks(&args, None)?;
    if output.success() {
        return Ok(output.text().into());
    }
    let command = "rev-parse --git-path hooks".into();
    Err(Error::Git {
        command,
        why: output.stderr,
    }
    .into())
}
