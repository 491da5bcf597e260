//! How git's hooks stand in a clone: whether git runs git-coord at each event, through what, and
//! why not. There is one reading of that, for everybody who asks. Also puts our own hooks in, and
//! takes them out.

mod configured;
mod event;
mod manager;
mod script;
mod standing;
mod way;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::store::{Error, Git, Version};

use super::{Coord, Failure};
use configured::Settings;
pub use event::Event;
use manager::Manager;
use script::Placed;
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
    /// Whoever else runs hooks here, even if settings need nobody.
    manager: Option<Manager>,
    way: Way,
    version: Option<Version>,
    settings: Settings,
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
        let version = Version::of(repo.git())?;
        let elsewhere = is_elsewhere.then_some(in_force.as_path());
        let manager = Manager::find(layout.work_dir.as_deref(), elsewhere);
        let has_config_hooks = version.is_some_and(|version| version >= Version::CONFIG_HOOKS);
        Ok(Self {
            coord,
            own_dir,
            in_force,
            is_elsewhere,
            way: way::choose(has_config_hooks, manager.clone()),
            manager,
            version,
            settings: configured::read(repo.git())?,
        })
    }

    /// Installs the hooks the way that suits this repository. What was found before does not hold
    /// after that.
    ///
    /// # Errors
    /// When a file or setting cannot be written.
    pub fn install(self) -> Result<Changes, Failure> {
        let mut done = Changes::default();
        if self.way == Way::Scripts {
            done.changed.extend(take_settings_away(self.git())?);
        }
        for event in Event::ALL {
            match &self.way {
                Way::Config => {
                    // First the setting, so that at no moment there is neither.
                    if configured::place(self.git(), &self.settings, event)? {
                        let name = configured::name(event);
                        done.changed.push(format!("set hook.{name}"));
                    }
                    done.changed.extend(self.take_script_away(event)?);
                }
                Way::Scripts => self.place_script(event, &mut done)?,
                Way::Manager(_) => {}
            }
        }
        Ok(done)
    }

    /// Removes the hooks, however they were installed, and puts back what was there before. What
    /// was found before does not hold after that.
    ///
    /// # Errors
    /// When a file or setting cannot be written.
    pub fn uninstall(self) -> Result<Changes, Failure> {
        let mut done = Changes::default();
        done.changed.extend(take_settings_away(self.git())?);
        for event in Event::ALL {
            done.changed.extend(self.take_script_away(event)?);
        }
        Ok(done)
    }

    fn place_script(&self, event: Event, done: &mut Changes) -> Result<(), Failure> {
        let name = event.name();
        let placed = script::place(&self.own_dir, event)
            .map_err(Error::io("installing a hook in", &self.own_dir))?;
        match placed {
            Placed::Unchanged => {}
            Placed::Written => done.changed.push(format!("wrote the script {name}")),
            Placed::Blocked => done.notes.push(format!(
                "{name} was replaced by another tool after git-coord had kept an older one; remove \
                 `{}` or merge it into `{name}`, then install again",
                script::kept(&self.own_dir, event).display()
            )),
        }
        Ok(())
    }

    /// Takes our script of an event away, and says so if there was one.
    fn take_script_away(&self, event: Event) -> Result<Option<String>, Failure> {
        let was_there = script::take_away(&self.own_dir, event)
            .map_err(Error::io("removing a hook from", &self.own_dir))?;
        Ok(was_there.then(|| format!("removed the script {}", event.name())))
    }

    fn git(&self) -> &'c Git {
        self.coord.repo().git()
    }

    /// The top of the working tree.
    fn top(&self) -> Option<&Path> {
        self.coord.repo().layout().work_dir.as_deref()
    }
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

/// Whether a script or setting of somebody's own calls git-coord at an event, or names the hook
/// that this repository offers to the pre-commit framework.
fn calls(text: &str, event: Event) -> bool {
    let event = event.name();
    ["git-coord hook ", "git coord hook ", "id: git-coord-"]
        .iter()
        .any(|words| text.contains(&format!("{words}{event}")))
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

#[cfg(test)]
mod tests {
    use super::{Event, calls};

    #[test]
    fn whoever_calls_us_is_known() {
        for (text, is_called) in [
            ("git-coord hook pre-commit \"$@\"", true),
            ("exec git coord hook pre-commit", true),
            ("  - id: git-coord-pre-commit\n", true),
            ("git-coord hook pre-push", false),
            ("# git-coord-pre-commit", false),
        ] {
            assert_eq!(calls(text, Event::PreCommit), is_called, "{text}");
        }
    }
}
