//! What to do next after a refusal: commands that can be pasted into a shell.

use crate::model::key::Key;
use crate::model::text::shown;

use super::{Refusal, SHOWN_MAX};

impl Refusal {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::LockHeld { conflicts } => match conflicts.first() {
                Some(first) => format!(
                    "wait with `git coord lock --wait {}`, work on something else, or, if {} is gone, \
                     `git coord lock --steal --rev {} --reason … {}`",
                    typed(conflicts.iter().map(|conflict| &conflict.wanted)),
                    first.by.agent,
                    first.rev,
                    typed([&first.held])
                ),
                None => "try again".into(),
            },
            Self::OtherSession { conflicts } => format!(
                "if that session is over or is yours, take over with `git coord lock --takeover {}`",
                typed(conflicts.iter().map(|conflict| &conflict.wanted))
            ),
            Self::Reserved { ahead } => format!(
                "get in line with `git coord lock --wait {}`",
                typed(ahead.iter().map(|ahead| &ahead.wanted))
            ),
            Self::Deadlock { held, .. } => format!(
                "give back what the others wait for with `git coord unlock {}`, then ask for all \
                 of it at once",
                typed(held)
            ),
            Self::NotHeld { keys, conflicts } if conflicts.is_empty() => format!(
                "see what you hold with `git coord locks --mine`, or take it with `git coord lock {}`",
                typed(keys)
            ),
            Self::NotHeld { .. } => "see what you hold with `git coord locks --mine`".into(),
            Self::RevChanged { key, .. } => {
                format!(
                    "look again with `git coord locks --json --key {}`",
                    typed([key])
                )
            }
            Self::LockRequired { paths } => {
                format!("take it with `git coord lock {}`", typed(paths))
            }
            Self::Behind { .. } => {
                "get them first with `git pull --rebase`, then push again".into()
            }
            Self::Limit { .. } => "give something back, or ask for less at a time".into(),
            Self::Damaged { .. } => {
                "nothing was changed; `git coord doctor` shows damage and what can be done".into()
            }
        }
    }
}

/// Keys as words of a command, each once; a few of them where there are many.
fn typed<'k>(keys: impl IntoIterator<Item = &'k Key>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    let mut words: Vec<String> = Vec::new();
    for key in keys {
        let mut text = shown(&key.to_string());
        if text.starts_with('-') {
            text.insert_str(0, "./"); // no option
        }
        let word = if text.chars().all(is_plain) {
            text
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        };
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
    use crate::model::key::Key;

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
            assert_eq!(typed(&keys(texts)), words);
        }
    }
}
