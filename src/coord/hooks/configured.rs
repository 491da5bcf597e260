//! Hooks as settings (git 2.54): `hook.<name>.command` runs at each `hook.<name>.event`.
//!
//! The command is not told which event it runs for, so each event has a name of its own. A name
//! that equals an event's is an error in git; ours begin with `git-coord-`.

use std::collections::{BTreeMap, BTreeSet};

use crate::coord::Failure;
use crate::model::text::shown;
use crate::store::{Git, Version};

use super::event::Event;
use super::script;

/// The hooks that the config in force has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// By their names.
    hooks: BTreeMap<String, Setting>,
    /// Events for which somebody switched all hooks off that are settings.
    off: BTreeSet<Event>,
}

/// One hook as the config has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Setting {
    command: String,
    events: Vec<String>,
    is_off: bool,
}

impl Setting {
    fn is_bound(&self, event: Event) -> bool {
        self.events.iter().any(|bound| bound == event.name())
    }
}

/// The name of the hook of an event.
pub(super) fn name(event: Event) -> String {
    format!("git-coord-{}", event.name())
}

fn section_of(event: Event) -> String {
    format!("hook.{}", name(event))
}

/// The shell line that git runs, with the arguments of the event behind it.
pub(super) fn command(event: Event) -> String {
    if !event.is_guard() {
        // These only help: whatever is wrong, git goes on and nothing is said.
        let call = format!("git-coord hook {} \"$@\"", event.name());
        return format!("fire() {{ command -v git-coord >/dev/null && {call}; true; }}; fire");
    }
    // The function that the script has, so that both treat a missing program alike.
    let text = script::TEXT;
    let start = text.find("fire() {").unwrap_or_default();
    let end = text[start..]
        .find("\n}\n")
        .map_or(text.len(), |at| start + at + 2);
    let function: Vec<&str> = text[start..end]
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.starts_with('#'))
        .collect();
    format!("{}\nfire {}", function.join("\n"), event.name())
}

/// Asks the config in force, of git, since it may just have been told. What holds for our own calls
/// alone is none of it.
pub(super) fn read(git: &Git) -> Result<Settings, Failure> {
    let args = ["config", "--null", "--get-regexp", r"^hook\."];
    let listed = git.as_configured().run(&args, None, None)?;
    Ok(Settings::of(&String::from_utf8_lossy(&listed.stdout)))
}

/// The events whose hooks are in the clone's own file, which is all that we write and take away.
pub(super) fn own(git: &Git) -> Result<BTreeSet<Event>, Failure> {
    let args = ["config", "--local", "--null", "--name-only"];
    let args = [&args[..], &["--get-regexp", r"^hook\.git-coord-"]].concat();
    let listed = git.run(&args, None, None)?;
    let text = String::from_utf8_lossy(&listed.stdout);
    let keys = text.split('\0').filter_map(|key| key.rsplit_once('.'));
    let named = |section: &str| Event::ALL.into_iter().find(|e| section == section_of(*e));
    Ok(keys.filter_map(|(section, _)| named(section)).collect())
}

impl Settings {
    /// Reads `key LF value NUL` items, of which a later one counts more. A key without a value is
    /// git's short form of `true`.
    fn of(listed: &str) -> Self {
        let mut settings = Self::default();
        for item in listed.split('\0') {
            let (key, value) = item.split_once('\n').unwrap_or((item, "true"));
            let rest = key.strip_prefix("hook.");
            if let Some((name, variable)) = rest.and_then(|rest| rest.rsplit_once('.')) {
                settings.take(name, variable, value);
            }
        }
        settings
    }

    fn take(&mut self, name: &str, variable: &str, value: &str) {
        if let Some(event) = Event::of(name) {
            // No hook can have that name: it is the switch of the event.
            match as_bool(value).filter(|_| variable == "enabled") {
                Some(false) => self.off.insert(event),
                Some(true) => self.off.remove(&event),
                None => false,
            };
            return;
        }
        let found = self.hooks.entry(name.to_owned()).or_default();
        match variable {
            "command" => value.clone_into(&mut found.command),
            // An empty value takes all earlier ones back.
            "event" if value.is_empty() => found.events.clear(),
            "event" => found.events.push(value.to_owned()),
            "enabled" => found.is_off = as_bool(value).map_or(found.is_off, |is_on| !is_on),
            _ => {}
        }
    }

    /// Whether there is a hook for the event, ours or somebody's own that calls git-coord, and why
    /// a git of that version does not run it. Of several, one that runs is the answer, or else ours.
    pub(super) fn look(&self, event: Event, version: Option<Version>) -> Option<Option<String>> {
        let ours = name(event);
        let is_ours = |name: &str| name == ours;
        let is_for = |name: &str, found: &Setting| {
            if is_ours(name) {
                // A switch alone, such as one for all clones of a person, is no hook.
                found.is_bound(event) || !found.command.is_empty()
            } else {
                found.is_bound(event) && super::calls(&found.command, event)
            }
        };
        let there = self
            .hooks
            .iter()
            .filter(|(name, found)| is_for(name, found));
        let judged = there.map(|(name, found)| {
            let why_not = self.why_not(name, found, event, version);
            (!is_ours(name), why_not)
        });
        let best = judged.min_by_key(|(is_others, why_not)| (why_not.is_some(), *is_others));
        best.map(|(_, why_not)| why_not)
    }

    fn why_not(
        &self,
        name: &str,
        found: &Setting,
        event: Event,
        version: Option<Version>,
    ) -> Option<String> {
        let is_bound = found.is_bound(event);
        let name = shown(name);
        if version.is_none_or(|version| version < Version::CONFIG_HOOKS) {
            Some("this git is older than 2.54".into())
        } else if is_bound && found.command.is_empty() {
            Some(format!(
                "`hook.{name}.command` is missing, and git stops at that"
            ))
        } else if !is_bound {
            Some("it is bound to no event".into())
        } else if found.is_off {
            Some(format!("`hook.{name}.enabled` is false"))
        } else if self.off.contains(&event) && version >= Some(Version::EVENT_SWITCHES) {
            Some(format!("`hook.{}.enabled` is false", event.name()))
        } else {
            None
        }
    }

    fn is_in_place(&self, event: Event) -> bool {
        let found = self.hooks.get(&name(event));
        found.is_some_and(|found| found.is_bound(event) && found.command == command(event))
    }
}

/// A boolean as git reads one; it passes over anything else here.
fn as_bool(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" | "" => Some(false),
        number => number.parse::<i64>().ok().map(|number| number != 0),
    }
}

/// Writes the hook of an event into the clone's config. Returns whether anything changed.
pub(super) fn place(git: &Git, settings: &Settings, event: Event) -> Result<bool, Failure> {
    if settings.is_in_place(event) {
        return Ok(false);
    }
    let key = |variable: &str| format!("{}.{variable}", section_of(event));
    // In this order: every git command that runs any hook stops at an event without a command.
    for (key, value) in [
        (key("command"), command(event).as_str()),
        (key("event"), event.name()),
    ] {
        git.expect(&["config", "--local", "--replace-all", &key, value], None)?;
    }
    Ok(true)
}

/// Takes a hook out of the clone's config that is [`own`].
pub(super) fn take_away(git: &Git, event: Event) -> Result<(), Failure> {
    let section = section_of(event);
    git.expect(&["config", "--local", "--remove-section", &section], None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::{Settings, command, name};
    use crate::store::Version;

    const OLD: &str = "this git is older than 2.54";

    #[test]
    fn no_name_is_an_event() {
        for event in Event::ALL {
            assert_eq!(Event::of(&name(event)), None);
        }
    }

    #[test]
    fn the_command_of_a_guard_is_the_function_of_the_script() {
        let text = command(Event::PrePush);
        assert!(text.starts_with("fire() {\nevent=$1\nshift\n"), "{text}");
        assert!(text.ends_with("\n}\nfire pre-push"), "{text}");
        assert!(!text.contains('#'), "{text}");
    }

    /// How the hook of pre-commit stands with a git of that version.
    fn look(listed: &str, version: Version) -> Option<Option<String>> {
        Settings::of(listed).look(Event::PreCommit, Some(version))
    }

    #[test]
    fn why_git_would_not_run_it() {
        let set = ["command\nx", "event\npre-commit"]
            .map(|rest| format!("hook.git-coord-pre-commit.{rest}"));
        let but = |more: &str| {
            let listed = format!("{}\0{}\0{more}\0", set[0], set[1]);
            let why = |version| look(&listed, version).map(Option::unwrap_or_default);
            (why(Version(2, 54)), why(Version(2, 55)))
        };
        let one = |why: &str| Some(why.to_owned());
        let both = |why| (one(why), one(why));
        let ours = "`hook.git-coord-pre-commit.enabled` is false";
        for (more, why) in [
            ("", both("")),
            ("hook.git-coord-pre-commit.enabled\nFalse", both(ours)),
            ("hook.git-coord-pre-commit.enabled\n0", both(ours)),
            ("hook.git-coord-pre-commit.enabled\n", both(ours)),
            ("hook.git-coord-pre-commit.enabled\non", both("")),
            ("hook.git-coord-pre-commit.enabled", both("")),
            ("hook.git-coord-pre-commit.enabled\nperhaps", both("")),
            (
                "hook.git-coord-pre-commit.event\n",
                both("it is bound to no event"),
            ),
            ("hook.git-coord-pre-push.enabled\nfalse", both("")),
            ("hook.pre-push.enabled\nfalse", both("")),
            // Git 2.54 has no switch for a whole event.
            (
                "hook.pre-commit.enabled\nfalse",
                (one(""), one("`hook.pre-commit.enabled` is false")),
            ),
            (
                "hook.pre-commit.enabled\nno\0hook.pre-commit.enabled\nyes",
                both(""),
            ),
        ] {
            assert_eq!(but(more), why, "{more:?}");
        }
        let old = Settings::of(&set.join("\0"));
        for version in [None, Some(Version(2, 53))] {
            assert_eq!(old.look(Event::PreCommit, version), Some(Some(OLD.into())));
        }
        assert_eq!(old.look(Event::PrePush, Some(Version(2, 54))), None);
        let half = look(&set[1], Version(2, 54)).flatten();
        assert!(half.is_some_and(|why| why.contains("git stops at that")));
        let switch = "hook.git-coord-pre-commit.enabled\nfalse\0";
        assert_eq!(look(switch, Version(2, 54)), None);
    }

    #[test]
    fn somebodys_own_counts_where_it_is_bound_and_calls_us() {
        let command = "hook.my.lint.command\ngit coord hook pre-commit";
        let event = "hook.my.lint.event\npre-commit";
        let off = "hook.my.lint.enabled\nfalse";
        let ours = "hook.git-coord-pre-commit.command\nx";
        let off_said = "`hook.my.lint.enabled` is false";
        for (listed, expected) in [
            (vec![command], None),
            (vec![event], None),
            (vec![event, "hook.my.lint.command\nlint"], None),
            (vec![command, "hook.my.lint.event\npre-push"], None),
            (vec![command, event], Some(None)),
            (vec![command, event, off], Some(Some(off_said))),
            (vec![command, event, "hook.my.lint.event\n"], None),
            // One that runs counts more than ours that does not.
            (vec![command, event, ours], Some(None)),
            (
                vec![command, event, off, ours],
                Some(Some("it is bound to no event")),
            ),
        ] {
            let found = look(&listed.join("\0"), Version(2, 54));
            let expected = expected.map(|why| why.map(str::to_owned));
            assert_eq!(found, expected, "{listed:?}");
        }
    }
}
