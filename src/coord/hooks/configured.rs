//! Hooks as settings (git 2.54): `hook.<name>.command` runs at each `hook.<name>.event`.
//!
//! The command is not told which event it runs for, so each event has a name of its own. A name
//! that equals an event's is an error in git; ours begin with `git-coord-`.

use crate::coord::Failure;
use crate::store::Git;

use super::event::Event;
use super::script;

/// One hook as the config has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Setting {
    name: String,
    command: String,
    events: Vec<String>,
    pub(super) is_enabled: bool,
}

impl Setting {
    /// Whether git runs it at this event.
    pub(super) fn is_bound(&self, event: Event) -> bool {
        self.events.iter().any(|bound| bound == event.name())
    }
}

/// The name of the hook of an event.
pub(super) fn name(event: Event) -> String {
    format!("git-coord-{}", event.name())
}

/// The shell line that git runs, with the arguments of the event behind it.
pub(super) fn command(event: Event) -> String {
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

/// All hooks as they stand in the config in force. Asked of git, since it may just have been told.
pub(super) fn read(git: &Git) -> Result<Vec<Setting>, Failure> {
    let listed = git.run(
        &["config", "--null", "--get-regexp", r"^hook\."],
        None,
        None,
    )?;
    let mut settings: Vec<Setting> = Vec::new();
    for item in String::from_utf8_lossy(&listed.stdout).split('\0') {
        let (key, value) = item.split_once('\n').unwrap_or((item, "true"));
        let Some((name, variable)) = key
            .strip_prefix("hook.")
            .and_then(|rest| rest.rsplit_once('.'))
        else {
            continue;
        };
        let at = settings.iter().position(|setting| setting.name == name);
        let at = at.unwrap_or_else(|| {
            settings.push(Setting {
                name: name.to_owned(),
                is_enabled: true,
                ..Setting::default()
            });
            settings.len() - 1
        });
        let found = &mut settings[at];
        match variable {
            "command" => found.command = value.to_owned(),
            "event" => found.events.push(value.to_owned()),
            "enabled" => found.is_enabled = !matches!(value, "false" | "no" | "off" | "0"),
            _ => {}
        }
    }
    Ok(settings)
}

/// The hook of an event: ours, or somebody's own that calls git-coord.
pub(super) fn of(settings: &[Setting], event: Event) -> Option<&Setting> {
    let ours = name(event);
    let own = |setting: &&Setting| setting.is_bound(event) && super::calls(&setting.command, event);
    let found = settings.iter().find(|setting| setting.name == ours);
    found.or_else(|| settings.iter().find(own))
}

/// Writes the hook of an event into the clone's config. Returns whether anything changed.
pub(super) fn place(git: &Git, event: Event) -> Result<bool, Failure> {
    let command = command(event);
    let name = name(event);
    let is_there =
        |found: &Setting| found.name == name && found.command == command && found.is_bound(event);
    if read(git)?.iter().any(is_there) {
        return Ok(false);
    }
    let key = |variable: &str| format!("hook.{name}.{variable}");
    for (key, value) in [
        (key("command"), command.as_str()),
        (key("event"), event.name()),
    ] {
        git.expect(&["config", "--local", "--replace-all", &key, value], None)?;
    }
    Ok(true)
}

/// Takes it out of the clone's config. Returns whether it was there.
pub(super) fn take_away(git: &Git, event: Event) -> Result<bool, Failure> {
    let section = format!("hook.{}", name(event));
    let args = ["config", "--local", "--remove-section", &section];
    Ok(git.run(&args, None, None)?.success())
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::{command, name};

    #[test]
    fn no_name_is_an_event() {
        for event in Event::ALL {
            assert_eq!(Event::of(&name(event)), None);
        }
    }

    #[test]
    fn the_command_is_the_function_of_the_script() {
        let text = command(Event::PrePush);
        assert!(text.starts_with("fire() {\nevent=$1\nshift\n"), "{text}");
        assert!(text.ends_with("\n}\nfire pre-push"), "{text}");
        assert!(!text.contains('#'), "{text}");
    }
}
