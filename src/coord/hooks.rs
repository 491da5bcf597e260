//! How git's hooks stand in a clone: whether git runs git-coord at each event, through what, and
//! why not. There is one reading of that, for everybody who asks. Also puts our own hooks in, and
//! takes them out.

mod configured;
mod event;
mod manager;
mod script;
mod way;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::env;
use crate::store::Error;

use super::{Coord, Failure};
use configured::Setting;
pub use event::Event;
use manager::Manager;
use script::{Placed, Stands};
use way::Way;

/// The hook of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Installed {
    /// When it runs.
    pub event: Event,
    /// How it is installed: `config`, `script`, `pre-commit framework`, `own script` for somebody's
    /// own that calls git-coord, or the name of the tool or of its file.
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

/// What an installation did, or its opposite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What was changed.
    pub changed: Vec<String>,
    /// What a person should do.
    pub notes: Vec<String>,
}

/// Where hooks of this repository belong, and where they are.
pub struct Hooks<'c> {
    coord: &'c Coord,
    /// The repository's own hooks folder.
    own_dir: PathBuf,
    /// The folder that git looks into (`core.hooksPath`).
    in_force: PathBuf,
    /// Whether that is another one.
    is_elsewhere: bool,
    manager: Option<Manager>,
    way: Way,
    has_config_hooks: bool,
}

impl<'c> Hooks<'c> {
    /// Finds out.
    ///
    /// # Errors
    /// When git cannot be asked.
    pub fn find(coord: &'c Coord) -> Result<Self, Failure> {
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
            in_force,
            is_elsewhere,
            way: way::choose(&version, manager.clone()),
            manager,
            has_config_hooks: way::has_config_hooks(&version),
        })
    }

    /// How the hooks stand, one for each event.
    ///
    /// # Errors
    /// When git cannot be asked.
    pub fn all(&self) -> Result<Vec<Installed>, Failure> {
        let settings = configured::read(self.coord.repo().git())?;
        let is_on_path = env::find_program("git-coord").is_some();
        let look = |event| {
            let mut hook = self.look(event, &settings);
            if hook.fires && !is_on_path {
                hook.fires = false;
                hook.why_not = Some("git-coord is not on PATH".into());
            }
            hook
        };
        Ok(Event::ALL.into_iter().map(look).collect())
    }

    /// The tool that owns the hooks where ours are not installed for its sake, and what to write
    /// into its files.
    pub fn owner(&self) -> Option<(&'static str, String)> {
        match &self.way {
            Way::Manager(manager) => Some((manager.name(), manager.snippet(self.top()))),
            Way::Config | Way::Scripts => None,
        }
    }

    /// Installs the hooks the way that suits this repository.
    ///
    /// # Errors
    /// When a file or setting cannot be written.
    pub fn install(&self) -> Result<Changes, Failure> {
        let git = self.coord.repo().git();
        let mut done = Changes::default();
        for event in Event::ALL {
            let name = event.name();
            match &self.way {
                Way::Config => {
                    if self.take_script_away(event)? {
                        done.changed.push(format!("removed the script {name}"));
                    }
                    if configured::place(git, event)? {
                        let name = configured::name(event);
                        done.changed.push(format!("set hook.{name}"));
                    }
                }
                Way::Scripts => {
                    if configured::take_away(git, event)? {
                        let name = configured::name(event);
                        done.changed.push(format!("unset hook.{name}"));
                    }
                    let placed = script::place(&self.own_dir, event)
                        .map_err(Error::io("installing a hook in", &self.own_dir))?;
                    match placed {
                        Placed::Unchanged => {}
                        Placed::Written => done.changed.push(format!("wrote the script {name}")),
                        Placed::Blocked => done.notes.push(format!(
                            "{name} was replaced by another tool after git-coord had kept an older \
                             one; remove `{}` or merge it into `{name}`, then install again",
                            script::kept(&self.own_dir, event).display()
                        )),
                    }
                }
                Way::Manager(_) => {}
            }
        }
        Ok(done)
    }

    /// Removes the hooks, however they were installed, and puts back what was there before.
    ///
    /// # Errors
    /// When a file or setting cannot be written.
    pub fn uninstall(&self) -> Result<Changes, Failure> {
        let mut done = Changes::default();
        for event in Event::ALL {
            if configured::take_away(self.coord.repo().git(), event)? {
                let name = configured::name(event);
                done.changed.push(format!("unset hook.{name}"));
            }
            if self.take_script_away(event)? {
                done.changed
                    .push(format!("removed the script {}", event.name()));
            }
        }
        Ok(done)
    }

    fn take_script_away(&self, event: Event) -> Result<bool, Failure> {
        script::take_away(&self.own_dir, event)
            .map_err(Error::io("removing a hook from", &self.own_dir))
            .map_err(Failure::from)
    }

    fn top(&self) -> Option<&Path> {
        self.coord.repo().layout().work_dir.as_deref()
    }

    /// What git runs at an event. What names git-coord and is not run is the answer only where
    /// nothing else is.
    fn look(&self, event: Event, settings: &[Setting]) -> Installed {
        let found = |by: &str, why_not: Option<&str>| Installed {
            event,
            by: Some(by.to_owned()),
            chains_to: None,
            fires: why_not.is_none(),
            why_not: why_not.map(str::to_owned),
        };
        let ways = [
            self.as_setting(event, settings)
                .map(|why_not| found("config", why_not)),
            self.as_script(event).map(|(by, why_not)| {
                let kept = script::kept(&self.own_dir, event);
                let chains_to = kept.symlink_metadata().is_ok().then_some(kept);
                Installed {
                    chains_to,
                    ..found(by, why_not)
                }
            }),
            self.through_manager(event)
                .map(|(by, why_not)| found(&by, why_not.as_deref())),
        ];
        let there: Vec<Installed> = ways.into_iter().flatten().collect();
        let best = there.iter().find(|hook| hook.fires).or(there.first());
        best.cloned().unwrap_or_else(|| Installed {
            by: None,
            ..found("", Some("it is not installed"))
        })
    }

    /// As a setting, and why git passes over it.
    fn as_setting(&self, event: Event, settings: &[Setting]) -> Option<Option<&'static str>> {
        let setting = configured::of(settings, event)?;
        Some(if !self.has_config_hooks {
            Some("this git is older than 2.54")
        } else if !setting.is_enabled {
            Some("it is switched off")
        } else if !setting.is_bound(event) {
            Some("it is bound to no event")
        } else {
            None
        })
    }

    /// As a script in the repository's own folder, whose it is, and why git passes over it.
    fn as_script(&self, event: Event) -> Option<(&'static str, Option<&'static str>)> {
        let path = self.own_dir.join(event.name());
        let by = match script::stands(&self.own_dir, event) {
            Stands::Ours => "script",
            Stands::Wrapped => "pre-commit framework",
            Stands::Other if manager::names(&path, event) => "own script",
            Stands::Nothing | Stands::Other => return None,
        };
        Some(if self.is_elsewhere {
            (by, Some("core.hooksPath names another folder"))
        } else if script::is_executable(&path) {
            (by, None)
        } else {
            (by, Some("the script is not executable"))
        })
    }

    /// Through another tool, whose file names it. The tool itself has to be called by git.
    fn through_manager(&self, event: Event) -> Option<(String, Option<String>)> {
        let by = match &self.manager {
            Some(manager) if manager.has(event, self.top()) => manager.name().to_owned(),
            Some(_) | None => manager::naming_file(event, self.top())?,
        };
        let runner = self.in_force.join(event.name());
        let why_not = if script::is_executable(&runner) {
            None
        } else if runner.exists() {
            Some("the script is not executable".to_owned())
        } else {
            Some(format!(
                "{by} is not active here: git has no {}",
                event.name()
            ))
        };
        Some((by, why_not))
    }
}

/// Whether a script or setting of somebody's own calls git-coord at an event.
fn calls(text: &str, event: Event) -> bool {
    let event = event.name();
    ["git-coord hook", "git coord hook"]
        .iter()
        .any(|words| text.contains(&format!("{words} {event}")))
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
