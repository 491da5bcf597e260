//! Hooks as settings (git 2.54): `hook.<name>.command` runs at each `hook.<name>.event`.
//!
//! The command is not told which event it runs for, so each event has a name of its own. A name
//! that equals an event's is an error in git; ours begin with `git-coord-`.

use std::collections::{BTreeMap, BTreeSet};

use crate::coord::Failure;
use crate::store::{Git, Version};

use super::event::Event;
use super::script;

/// What the config in force says about our hooks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    ours: BTreeMap<Event, Setting>,
    /// Events for which somebody switched all hooks off that are settings.
    off: BTreeSet<Event>,
}

/// One hook as the config has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    command: String,
    is_bound: bool,
    is_enabled: bool,
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

/// Asks the config in force. What holds for our own calls alone is none of it.
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
    /// Reads `key LF value NUL` items, of which a later one counts more.
    fn of(listed: &str) -> Self {
        let mut settings = Self::default();
        for item in listed.split('\0') {
            let Some((key, value)) = item.split_once('\n') else {
                continue;
            };
            for event in Event::ALL {
                if let Some(variable) = variable_of(key, &section_of(event)) {
                    settings.take(event, variable, value);
                } else if variable_of(key, &format!("hook.{}", event.name())) == Some("enabled") {
                    match as_bool(value) {
                        Some(false) => settings.off.insert(event),
                        Some(true) => settings.off.remove(&event),
                        None => false,
                    };
                }
            }
        }
        settings
    }

    fn take(&mut self, event: Event, variable: &str, value: &str) {
        let found = self.ours.entry(event).or_insert_with(|| Setting {
            command: String::new(),
            is_bound: false,
            is_enabled: true,
        });
        match variable {
            "command" => value.clone_into(&mut found.command),
            // An empty value takes all earlier ones back.
            "event" => {
                found.is_bound = !value.is_empty() && (found.is_bound || value == event.name())
            }
            "enabled" => found.is_enabled = as_bool(value).unwrap_or(found.is_enabled),
            _ => {}
        }
    }

    /// Whether there is a hook for the event. A switch alone, such as one for all clones of a
    /// person, is none.
    pub(super) fn has(&self, event: Event) -> bool {
        let found = self.ours.get(&event);
        found.is_some_and(|found| found.is_bound || !found.command.is_empty())
    }

    /// Why a git of that version does not run it.
    pub(super) fn why_not(&self, event: Event, version: Option<Version>) -> Option<String> {
        let found = self.ours.get(&event)?;
        let name = name(event);
        if version.is_none_or(|version| version < Version::CONFIG_HOOKS) {
            Some("this git is older than 2.54".into())
        } else if found.is_bound && found.command.is_empty() {
            Some(format!(
                "`hook.{name}.command` is missing, and git stops at that"
            ))
        } else if !found.is_bound {
            Some("it is bound to no event".into())
        } else if !found.is_enabled {
            Some(format!("`hook.{name}.enabled` is false"))
        } else if self.off.contains(&event) && version >= Some(Version::EVENT_SWITCHES) {
            Some(format!("`hook.{}.enabled` is false", event.name()))
        } else {
            None
        }
    }

    fn is_in_place(&self, event: Event) -> bool {
        let found = self.ours.get(&event);
        found.is_some_and(|found| found.is_bound && found.command == command(event))
    }
}

/// The last word of a key, if the rest is that section.
fn variable_of<'k>(key: &'k str, section: &str) -> Option<&'k str> {
    key.strip_prefix(section)?.strip_prefix('.')
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
    #[test]
    fn why_git_would_not_run_it() {
        let set = ["command\nx", "event\npre-commit"]
            .map(|rest| format!("hook.git-coord-pre-commit.{rest}"));
        let but = |more: &str| {
            let settings = Settings::of(&format!("{}\0{}\0{more}\0", set[0], set[1]));
            let why = |version| {
                settings
                    .why_not(Event::PreCommit, Some(version))
                    .unwrap_or_default()
            };
            (why(Version(2, 54)), why(Version(2, 55)))
        };
        let both = |why: &str| (why.to_owned(), why.to_owned());
        let ours = "`hook.git-coord-pre-commit.enabled` is false";
        for (more, why) in [
            ("", both("")),
            ("hook.git-coord-pre-commit.enabled\nFalse", both(ours)),
            ("hook.git-coord-pre-commit.enabled\n0", both(ours)),
            ("hook.git-coord-pre-commit.enabled\n", both(ours)),
            ("hook.git-coord-pre-commit.enabled\non", both("")),
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
                (String::new(), "`hook.pre-commit.enabled` is false".into()),
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
            let why = old.why_not(Event::PreCommit, version);
            assert_eq!(why.as_deref(), Some("this git is older than 2.54"));
        }
        let half = Settings::of(&set[1]).why_not(Event::PreCommit, Some(Version(2, 54)));
        assert!(half.is_some_and(|why| why.contains("git stops at that")));
        assert!(old.has(Event::PreCommit) && !old.has(Event::PrePush));
        let switch = Settings::of("hook.git-coord-pre-commit.enabled\nfalse\0");
        assert!(!switch.has(Event::PreCommit));
    }
}
