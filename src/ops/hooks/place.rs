//! One repository's hooks: how they belong there, and how they stand.

use std::path::{Path, PathBuf};

use crate::coord::{Coord, Failure};
use crate::env;
use crate::store::{Error, Version};

use super::configured::{self, Settings};
use super::event::Event;
use super::manager::Manager;
use super::script::{self, Stands};
use super::way::{self, Way};
use super::{Installed, Listed};

/// Where hooks of this repository belong, and where they are.
pub(super) struct Place<'c> {
    coord: &'c Coord,
    /// The repository's own hooks folder.
    pub(super) own_dir: PathBuf,
    pub(super) way: Way,
    /// Whoever else runs hooks here, even if settings need nobody.
    pub(super) manager: Option<Manager>,
    version: Option<Version>,
    pub(super) settings: Settings,
    /// Whether git looks for hooks elsewhere (`core.hooksPath`).
    is_elsewhere: bool,
}

impl<'c> Place<'c> {
    pub(super) fn find(coord: &'c Coord) -> Result<Self, Failure> {
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
            way: way::choose(has_config_hooks, manager.clone()),
            manager,
            version,
            settings: configured::read(repo.git())?,
            is_elsewhere,
        })
    }

    /// The top of the working tree.
    pub(super) fn top(&self) -> Option<&Path> {
        self.coord.repo().layout().work_dir.as_deref()
    }

    pub(super) fn take_script_away(&self, event: Event) -> Result<bool, Failure> {
        script::take_away(&self.own_dir, event)
            .map_err(Error::io("removing a hook from", &self.own_dir))
            .map_err(Failure::from)
    }

    pub(super) fn list(&self) -> Listed {
        let program = env::find_program("git-coord");
        let mut hooks = Vec::new();
        for event in Event::ALL {
            let mut hook = self.look(event);
            if hook.fires && program.is_none() {
                hook.fires = false;
                hook.why_not = Some("git-coord is not on PATH".into());
            }
            hooks.push(hook);
        }
        Listed {
            hooks,
            changed: Vec::new(),
            notes: self.asks_twice().into_iter().collect(),
            snippet: None,
        }
    }

    /// What is to be said when git calls us, and the owner of the hooks folder does so too.
    fn asks_twice(&self) -> Option<String> {
        let manager = self.manager.as_ref()?;
        let is_twice = |event: &Event| {
            self.settings.has(*event)
                && self.settings.why_not(*event, self.version).is_none()
                && manager.has(*event, self.top())
        };
        Event::ALL.iter().any(is_twice).then(|| {
            format!(
                "{} names git-coord, which git calls by itself here: remove its lines there, or \
                 it is asked twice",
                manager.name()
            )
        })
    }

    /// What git runs at an event, or else what is there and would not run.
    pub(super) fn look(&self, event: Event) -> Installed {
        let ways = [
            self.as_setting(event),
            self.as_script(event),
            self.through_manager(event),
        ];
        let mut found: Vec<Installed> = ways.into_iter().flatten().collect();
        // The sort is stable: among those that fire, and among the others, the first way counts.
        found.sort_by_key(|hook| !hook.fires);
        found.into_iter().next().unwrap_or_else(|| Installed {
            by: None,
            ..installed(event, "", Some("it is not installed".into()))
        })
    }

    fn as_setting(&self, event: Event) -> Option<Installed> {
        let why_not = || self.settings.why_not(event, self.version);
        let has = self.settings.has(event);
        has.then(|| installed(event, "config", why_not()))
    }

    fn as_script(&self, event: Event) -> Option<Installed> {
        let by = match script::stands(&self.own_dir, event) {
            Stands::Ours => "script",
            Stands::Wrapped => "pre-commit framework",
            Stands::Nothing | Stands::Other => return None,
        };
        let why_not = if self.is_elsewhere {
            Some("core.hooksPath names another folder")
        } else if script::is_executable(&self.own_dir.join(event.name())) {
            None
        } else {
            Some("the script is not executable")
        };
        let kept = script::kept(&self.own_dir, event);
        Some(Installed {
            chains_to: kept.symlink_metadata().is_ok().then_some(kept),
            ..installed(event, by, why_not.map(str::to_owned))
        })
    }

    fn through_manager(&self, event: Event) -> Option<Installed> {
        let manager = self.manager.as_ref()?;
        let has = manager.has(event, self.top());
        has.then(|| installed(event, manager.name(), None))
    }
}

fn installed(event: Event, by: &str, why_not: Option<String>) -> Installed {
    Installed {
        event,
        by: Some(by.to_owned()),
        chains_to: None,
        fires: why_not.is_none(),
        why_not,
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
