//! How the hook of each event stands: what git runs, or else what is there and would not run.

use crate::env;

use super::event::Event;
use super::script::{self, Stands};
use super::way::Way;
use super::{Hooks, Installed, manager};

impl Hooks<'_> {
    /// How the hooks stand, one for each event.
    pub fn all(&self) -> Vec<Installed> {
        let is_on_path = env::find_program("git-coord").is_some();
        let look = |event| {
            let mut hook = self.look(event);
            if hook.fires && !is_on_path {
                hook.fires = false;
                hook.why_not = Some("git-coord is not on PATH".into());
            }
            hook
        };
        Event::ALL.into_iter().map(look).collect()
    }

    /// The tool that owns the hooks where ours are not installed for its sake, and what to write
    /// into its files. Nothing where that is there already.
    pub fn lines(&self) -> Option<(&'static str, String)> {
        let Way::Manager(manager) = &self.way else {
            return None;
        };
        let is_done = |event| self.look(event).fires || self.teller(event).is_some();
        let is_wanted = !Event::ALL.into_iter().all(is_done);
        is_wanted.then(|| (manager.name(), manager.snippet(self.top())))
    }

    /// The first tool whose file names git-coord, whatever git itself calls.
    pub fn named_by(&self) -> Option<String> {
        Event::ALL.into_iter().find_map(|event| self.teller(event))
    }

    /// What is to be said when git calls us, and another tool is told to do so too.
    pub fn asks_twice(&self) -> Option<String> {
        let twice = |event| {
            let is_called = self.settings.look(event, self.version) == Some(None);
            self.teller(event).filter(|_| is_called)
        };
        let by = Event::ALL.into_iter().find_map(twice)?;
        Some(format!(
            "{by} names git-coord, which git calls by itself here: remove its lines there, or it \
             is asked twice"
        ))
    }

    /// What git runs at an event. What names git-coord and is not run is the answer only where
    /// nothing else is.
    fn look(&self, event: Event) -> Installed {
        let ways = [
            self.as_setting(event),
            self.as_script(event),
            self.through_manager(event),
        ];
        let there: Vec<Installed> = ways.into_iter().flatten().collect();
        let best = there.iter().find(|hook| hook.fires).or(there.first());
        best.cloned().unwrap_or_else(|| Installed {
            by: None,
            ..installed(event, "", Some("it is not installed".into()))
        })
    }

    /// As a setting.
    fn as_setting(&self, event: Event) -> Option<Installed> {
        let why_not = self.settings.look(event, self.version)?;
        Some(installed(event, "config", why_not))
    }

    /// As a script in the repository's own folder.
    fn as_script(&self, event: Event) -> Option<Installed> {
        let path = self.own_dir.join(event.name());
        let by = match script::stands(&self.own_dir, event) {
            Stands::Ours => "script",
            Stands::Wrapped => "pre-commit framework",
            Stands::Other if manager::names(&path, event) => "own script",
            Stands::Nothing | Stands::Other => return None,
        };
        let why_not = if self.is_elsewhere {
            Some("core.hooksPath names another folder")
        } else if script::is_executable(&path) {
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

    /// Through another tool, which has to be called by git itself.
    fn through_manager(&self, event: Event) -> Option<Installed> {
        let by = self.teller(event)?;
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
        Some(installed(event, &by, why_not))
    }

    /// The tool whose file names git-coord at an event.
    fn teller(&self, event: Event) -> Option<String> {
        match &self.manager {
            Some(manager) if manager.has(event, self.top()) => Some(manager.name().to_owned()),
            Some(_) | None => manager::naming_file(event, self.top()),
        }
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
