//! Our keys at the end of somebody's YAML file, between marks.
//!
//! Only the plain shape of a settings file is understood: keys at the beginning of lines, and what
//! belongs to them indented below. Anything else is left alone, and so is a key that is there.

use super::block::Style;
use super::form::{ByHand, Put, Taken};

/// Keys at the top of a file.
#[derive(Clone, Debug)]
pub(super) struct Keys(pub(super) &'static [Key]);

/// A key with the value that it should have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    /// Words by which a value of somebody else is as good.
    pub(super) or: &'static [&'static str],
}

impl Keys {
    pub(super) fn put(&self, before: &str) -> Put {
        let all = |by: &dyn Fn(&Key) -> bool| -> String {
            let lines = self.0.iter().filter(|key| by(key));
            lines
                .map(|key| format!("{}: {}\n", key.name, key.value))
                .collect()
        };
        let rest = match Style::Hash
            .take(before)
            .and_then(|rest| read(&rest).map(|_| rest))
        {
            Ok(rest) => rest,
            Err(why) => {
                let add = all(&|_| true);
                return Put::left(before, ByHand { why, add });
            }
        };
        let there = read(&rest).unwrap_or_default();
        let value = |key: &Key| there.iter().find(|(name, _)| *name == key.name);
        let by_hand = self.0.iter().filter_map(|key| {
            let (_, value) = value(key)?;
            let is_good = key.or.iter().any(|word| value.contains(word));
            (!is_good).then(|| ByHand {
                why: format!("`{}` is set there already", key.name),
                add: format!("{}: {}\n", key.name, key.value),
            })
        });
        let by_hand = by_hand.collect();
        let ours = all(&|key| value(key).is_none());
        let text = match ours.as_str() {
            "" => Ok(rest.clone()),
            ours => Style::Hash.put(before, ours),
        };
        Put {
            // The marks were found to be in order.
            text: text.unwrap_or(rest),
            by_hand,
        }
    }

    pub(super) fn take(&self, before: &str) -> Taken {
        match Style::Hash.take(before) {
            Ok(rest) => Taken::rest(rest),
            Err(why) => Taken::left(before, why),
        }
    }
}

/// The keys at the top of a text, each with all of its lines.
fn read(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut keys: Vec<(String, String)> = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let words = line.trim_end();
        let key = words.split_once(':').filter(|(name, value)| {
            let name = name.trim_matches(['"', '\'']);
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            is_name && (value.is_empty() || value.starts_with(' '))
        });
        let is_passed =
            words.is_empty() || words.starts_with('#') || words == "---" && keys.is_empty();
        let goes_on = words.starts_with([' ', '\t']) || words.starts_with("- ") || words == "-";
        match (key, keys.last_mut()) {
            _ if is_passed => {}
            (_, Some((_, value))) if goes_on => {
                value.push('\n');
                value.push_str(words);
            }
            (Some((name, value)), _) if !goes_on => {
                let name = name.trim_matches(['"', '\'']).to_owned();
                keys.push((name, value.to_owned()));
            }
            _ => return Err(format!("line {} is not understood", number + 1)),
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::{Key, Keys};

    const KEYS: Keys = Keys(&[
        Key {
            name: "read",
            value: "AGENTS.md",
            or: &["AGENTS.md"],
        },
        Key {
            name: "verify",
            value: "true",
            or: &[" true"],
        },
    ]);

    #[test]
    fn keys_come_and_go_and_the_rest_stays() {
        for before in [
            "",
            "model: x",
            "# mine\n\nmodel: x # the best\nalias:\n  - \"f:x\"\n- top\n",
            "---\r\nmodel: 'x'\r\ntext: |\r\n  read: no\r\n",
        ] {
            let put = KEYS.put(before);
            assert_eq!(put.by_hand, [], "{before:?}");
            let newline = if before.contains('\r') { "\r\n" } else { "\n" };
            assert!(put.text.contains(&format!(
                "{newline}read: AGENTS.md{newline}verify: true{newline}"
            )));
            assert_eq!(KEYS.put(&put.text).text, put.text);
            assert_eq!(KEYS.take(&put.text).text.unwrap_or_default(), before);
        }
    }

    #[test]
    fn a_key_that_is_there_is_not_doubled() {
        let put = KEYS.put("read: CONVENTIONS.md\n");
        assert_eq!(put.by_hand.len(), 1);
        assert!(put.text.contains("verify: true") && !put.text.contains("read: AGENTS.md"));
        assert_eq!(
            KEYS.take(&put.text).text.as_deref(),
            Some(
                "read: CONVENTIONS.md
"
            )
        );
        let enough = "read:\n  - CONVENTIONS.md\n  - AGENTS.md\nverify: true\n";
        let put = KEYS.put(enough);
        assert_eq!((put.text.as_str(), put.by_hand.len()), (enough, 0));
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        for before in [
            "{read: x}\n",
            "a: 1\n...\n",
            "read\n",
            "  a: 1\n",
            "a: 1\n--- \nb: 2\n",
            "? a\n: b\n",
        ] {
            let put = KEYS.put(before);
            assert_eq!(
                (put.text.as_str(), put.by_hand.len()),
                (before, 1),
                "{before}"
            );
        }
    }
}
