//! Hooks: whether the two that guard commits and pushes are there and would run.
//!
//! A hook counts when something that git runs mentions git-coord: a script in the hooks folder, a
//! hook that is a setting, or a hook manager's file.

use std::path::{Path, PathBuf};

use crate::coord::Coord;
use crate::store::Version;

use super::finding::Judged;

/// Those that guard.
const GUARDS: [&str; 2] = ["pre-commit", "pre-push"];
/// Where hook managers keep what they run, below the top of the working tree.
const MANAGED: &[&str] = &[
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".pre-commit-config.yaml",
    ".overcommit.yml",
    "package.json",
];
/// Largest hook that is read, in bytes.
const BYTES_MAX: u64 = 256 * 1024;

/// How one hook stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hook {
    /// It runs, through this.
    Runs(String),
    /// It is there and git does not run it, for this reason.
    Dead(String),
    Absent,
}

pub(super) fn look(coord: &Coord, is_used: bool) -> Judged {
    let hooks = GUARDS.map(|name| (name, find(coord, name)));
    judge(&hooks, is_used)
}

fn judge(hooks: &[(&str, Hook)], is_used: bool) -> Judged {
    const INSTALL: &str = "git coord hooks install";
    let lines = hooks.iter().map(|(name, hook)| match hook {
        Hook::Runs(through) => format!("{name}: through {through}"),
        Hook::Dead(why) => format!("{name}: {why}"),
        Hook::Absent => format!("{name}: none"),
    });
    let is_dead = hooks.iter().any(|(_, hook)| matches!(hook, Hook::Dead(_)));
    let absent = hooks
        .iter()
        .filter(|(_, hook)| *hook == Hook::Absent)
        .count();
    if is_dead {
        return Judged::warning("a hook is there and does not run")
            .details(lines)
            .advice(INSTALL);
    }
    match absent {
        0 => Judged::ok("commits and pushes are checked").details(lines),
        _ if absent < hooks.len() => Judged::warning("only one of the two guards is there")
            .details(lines)
            .advice(INSTALL),
        _ if is_used => {
            Judged::note("none: commits and pushes are not checked against locks").advice(INSTALL)
        }
        _ => Judged::ok("none, and nothing is locked"),
    }
}

fn find(coord: &Coord, name: &str) -> Hook {
    let setting = as_setting(coord, name);
    if matches!(setting, Hook::Runs(_)) {
        return setting;
    }
    match outside_config(coord, name) {
        Hook::Absent => setting,
        other => other,
    }
}

fn outside_config(coord: &Coord, name: &str) -> Hook {
    let file = folder(coord).join(name);
    let own = if mentions(&file) {
        runs(&file)
    } else {
        Hook::Absent
    };
    match own {
        Hook::Absent => through_manager(coord, name),
        Hook::Runs(_) | Hook::Dead(_) => own,
    }
}

/// A hook that is a setting (git 2.54): `hook.<name>.command` for this event.
fn as_setting(coord: &Coord, event: &str) -> Hook {
    let config = coord.repo().config();
    let mut names = config.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("hook.")?.strip_suffix(".command")?;
        let events = config.all(&format!("hook.{name}.event"));
        // An empty one takes back those before it.
        let events = events.rsplit(String::is_empty).next().unwrap_or_default();
        (is_ours(value) && events.iter().any(|e| e == event)).then_some(name)
    });
    let Some(name) = names.next() else {
        return Hook::Absent;
    };
    let version = Version::of(coord.repo().git()).ok().flatten();
    let is_off = |name: &str| !config.bool(&format!("hook.{name}.enabled"), true);
    if version.is_none_or(|version| version < Version::CONFIG_HOOKS) {
        Hook::Dead(format!("the setting hook.{name} needs git 2.54"))
    } else if is_off(name) {
        Hook::Dead(format!("hook.{name}.enabled is false"))
    } else if is_off(event) && version >= Some(Version::EVENT_SWITCHES) {
        Hook::Dead(format!("hook.{event}.enabled is false"))
    } else {
        Hook::Runs(format!("the setting hook.{name}"))
    }
}

/// The folder that git runs hooks from.
fn folder(coord: &Coord) -> PathBuf {
    let layout = coord.repo().layout();
    let Some(path) = coord.repo().config().get("core.hookspath") else {
        return layout.common_dir.join("hooks");
    };
    if let Some(below) = path.strip_prefix("~/")
        && let Some(home) = crate::env::var("HOME")
    {
        return Path::new(&home).join(below);
    }
    // A relative path counts from where hooks run.
    layout
        .work_dir
        .as_ref()
        .unwrap_or(&layout.git_dir)
        .join(path)
}

/// A manager's script does not name us; the file that tells it what to run does.
fn through_manager(coord: &Coord, name: &str) -> Hook {
    let Some(top) = &coord.repo().layout().work_dir else {
        return Hook::Absent;
    };
    let husky = top.join(".husky").join(name);
    let files = MANAGED.iter().map(|file| top.join(file)).chain([husky]);
    let Some(file) = files.into_iter().find(|file| mentions(file)) else {
        return Hook::Absent;
    };
    let shown = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    // The manager itself has to be called.
    match runs(&folder(coord).join(name)) {
        Hook::Runs(_) => Hook::Runs(shown),
        Hook::Dead(_) | Hook::Absent => Hook::Dead(format!(
            "`{shown}` names it, and the manager is not installed"
        )),
    }
}

fn runs(file: &Path) -> Hook {
    let shown = file.display().to_string();
    match std::fs::metadata(file) {
        Err(_) => Hook::Absent,
        Ok(meta) if !is_executable(&meta) => Hook::Dead(format!("{shown} is not executable")),
        Ok(_) => Hook::Runs(shown),
    }
}

#[cfg(unix)]
fn is_executable(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

fn mentions(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() <= BYTES_MAX)
        && std::fs::read(file).is_ok_and(|bytes| is_ours(&String::from_utf8_lossy(&bytes)))
}

fn is_ours(text: &str) -> bool {
    text.contains("git-coord") || text.contains("git coord")
}

#[cfg(test)]
mod tests {
    use super::{Hook, judge};
    use crate::coord::doctor::finding::State;

    #[test]
    fn hooks_are_missed_only_where_they_are_of_use() {
        let runs = || Hook::Runs("x".into());
        for (one, two, is_used, state) in [
            (Hook::Absent, Hook::Absent, false, State::Ok),
            (Hook::Absent, Hook::Absent, true, State::Note),
            (runs(), Hook::Absent, false, State::Warning),
            (runs(), runs(), true, State::Ok),
            (runs(), Hook::Dead("x".into()), true, State::Warning),
        ] {
            let hooks = [("pre-commit", one), ("pre-push", two)];
            assert_eq!(judge(&hooks, is_used).state, state, "{hooks:?}");
        }
    }
}
