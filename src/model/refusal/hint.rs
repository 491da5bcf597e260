//! What to do next after a refusal: commands that can be pasted into a shell.

use crate::model::key::{Here, Key};
use crate::model::text::{shell_word, shown};

use super::{Conflict, PAUSED, Refusal, SHOWN_MAX};

impl Refusal {
    /// What to do next, with commands as they are typed here.
    pub fn hint(&self, here: &Here) -> String {
        match self {
            Self::LockHeld { conflicts } | Self::OtherSession { conflicts }
                if is_pause(conflicts) =>
            {
                paused(conflicts, here)
            }
            Self::LockHeld { conflicts } => match conflicts.first() {
                Some(first) => format!(
                    "wait with `git coord lock --wait {}`, work on something else, or, if {} is gone, \
                     `git coord lock --steal --rev {} --reason … {}`",
                    typed(conflicts.iter().map(|conflict| &conflict.wanted), here),
                    first.by.agent,
                    first.rev,
                    typed([&first.held], here)
                ),
                None => "try again".into(),
            },
            Self::OtherSession { conflicts } => format!(
                "if that session is over or is yours, take over with `git coord lock --takeover {}`",
                typed(conflicts.iter().map(|conflict| &conflict.wanted), here)
            ),
            Self::Reserved { ahead } => format!(
                "get in line with `git coord lock --wait {}`",
                typed(ahead.iter().map(|ahead| &ahead.wanted), here)
            ),
            Self::Deadlock { held, .. } => format!(
                "give back what the others wait for with `git coord unlock {}`, then ask for all \
                 of it at once",
                typed(held, here)
            ),
            Self::NotHeld { keys, .. } if keys.iter().all(|key| key.claimed_task().is_some()) => {
                "see what you have with `git coord task list --mine`".into()
            }
            Self::NotHeld { keys, conflicts } if conflicts.is_empty() => format!(
                "see what you hold with `git coord locks --mine`, or take it with `git coord lock {}`",
                typed(keys, here)
            ),
            Self::NotHeld { .. } => "see what you hold with `git coord locks --mine`".into(),
            // That option takes the beginning of a canonical key, wherever it is typed.
            Self::RevChanged { key, .. } => format!(
                "look again with `git coord locks --json --key {}`",
                typed([key], &Here::Top)
            ),
            Self::LockRequired { paths } => {
                format!("take it with `git coord lock {}`", typed(paths, here))
            }
            Self::Behind { .. } => {
                "get them first with `git pull --rebase`, then push again".into()
            }
            Self::NotFound { what, .. } => match what.as_str() {
                "message" => "see what there is with `git coord msg inbox --all`".into(),
                "memory" => "see what there is with `git coord recall`".into(),
                "checkpoint" => "see who is there with `git coord agent list --all`".into(),
                "queue entry" => "see what there is with `git coord queue list --all`".into(),
                _ => format!("see what there is with `git coord {what} list`"),
            },
            Self::Exists { .. } => "choose another name, or change what is there".into(),
            Self::NotYours { what, name, owner } if what == "task" => format!(
                "take another with `git coord task next`; if {owner} is you in a session that is \
                 over, `git coord task claim --takeover {}`",
                shown(name)
            ),
            Self::NotYours { what, owner, .. } if what == "feature" => {
                format!("talk to {}, or take it over with `--takeover`", owner.agent)
            }
            Self::NotYours { .. } => "talk to its owner, or wait until the lease has ended".into(),
            Self::WrongState { what, name, .. } if what == "checkpoint" => {
                format!("look at it with `git coord agent restore {}`", shown(name))
            }
            Self::WrongState { what, name, .. } if what == "queue entry" => {
                format!(
                    "see how it stands with `git coord queue why {}`",
                    shown(name)
                )
            }
            Self::WrongState { what, .. } if matches!(what.as_str(), "line" | "tree" | "run") => {
                "see what waits, and for what, with `git coord queue why`".into()
            }
            Self::WrongState { what, name, .. } => {
                format!(
                    "see how it stands with `git coord {what} show {}`",
                    shown(name)
                )
            }
            Self::NothingReady { counts } if counts.contains_key(PAUSED) => {
                "see who has paused what with `git coord feature plan`, or wait for a task with \
                 `git coord task next --wait`"
                    .into()
            }
            Self::NothingReady { .. } => {
                "see why with `git coord task blocked`, or wait for one with `git coord task next \
                 --wait`"
                    .into()
            }
            Self::Cycle { .. } => "leave one of these dependencies out".into(),
            Self::Secret { rule, .. } => format!(
                "take it out; if it is none, say so with `--allow-secret {}`, which is recorded",
                shown(rule)
            ),
            Self::Changed { .. } => "look again, and decide on what is there now".into(),
            Self::NotAllowed { .. } => "ask somebody who may".into(),
            Self::Limit { .. } => "give something back, or ask for less at a time".into(),
            Self::Damaged { .. } => {
                "nothing was changed; `git coord doctor` shows damage and what can be done".into()
            }
        }
    }
}

/// Whether all that is in the way are features that somebody has paused.
fn is_pause(conflicts: &[Conflict]) -> bool {
    !conflicts.is_empty()
        && conflicts
            .iter()
            .all(|conflict| conflict.wanted.paused_feature().is_some())
}

/// Waiting in line for that lock would pause the feature again.
fn paused(conflicts: &[Conflict], here: &Here) -> String {
    conflicts.first().map_or_else(String::new, |first| {
        let (agent, rev) = (&first.by.agent, first.rev);
        let held = typed([&first.held], here);
        format!(
            "the feature is paused: keep your changes until {agent} unlocks {held}, or work on \
             something else; if {agent} is gone, `git coord lock --steal --rev {rev} --reason … \
             {held}`, then `git coord unlock {held}`"
        )
    })
}

/// Keys as words of a command, each once; a few of them where there are many.
fn typed<'k>(keys: impl IntoIterator<Item = &'k Key>, here: &Here) -> String {
    let mut words: Vec<String> = Vec::new();
    for key in keys {
        let word = shell_word(&shown(&key.typed(here)));
        if words.len() == SHOWN_MAX {
            words.push("…".into());
            break;
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::typed;
    use crate::model::key::{Here, Key};

    fn keys(texts: &[&str]) -> Vec<Key> {
        let keys = texts.iter().map(|text| text.parse());
        keys.collect::<Result<_, _>>().expect("they are keys")
    }

    #[test]
    fn keys_in_a_hint_can_be_pasted_into_a_shell() {
        let cases = [
            (&["src/a.rs", "src/", "src/a.rs"][..], "src/a.rs src/"),
            (&["src/**/*.sql"], "'src/**/*.sql'"),
            (&["api:GET /v1/users"], "'api:GET /v1/users'"),
            (&["it's", "$(rm)"], r"'it'\''s' '$(rm)'"),
            (&["~root"], "'~root'"),
            (&["-f"], "./-f"),
        ];
        for (texts, words) in cases {
            assert_eq!(typed(&keys(texts), &Here::Top), words);
        }
    }
}
