//! A file that is ours as long as nobody changes it. Its first line says so, with a digest of the rest:
//! a newer form replaces it as long as the digest is right, and what a person has changed stays. Such
//! files are those that people are meant to change, such as workflows.

use sha2::{Digest, Sha256};

use super::form::{ByHand, Put, Taken};
use super::json::newline_of;

/// How the first line begins. What follows is the digest, and a dot.
const MARK: &str =
    "# Written by `git coord github init`, which replaces it as long as nobody changes it: ";
/// How many bytes of a digest are written.
const DIGEST_BYTES: usize = 12;

/// A whole file, without its first line.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) text: &'static str,
}

/// What stands where the file belongs.
enum There<'t> {
    Nothing,
    /// Ours, of this version or another.
    Ours,
    /// Ours once.
    Changed,
    Others(&'t str),
}

impl Sealed {
    pub(super) fn put(&self, before: Option<&str>) -> Put {
        let left = |text: &str, why: &str| {
            let by_hand = ByHand {
                why: why.into(),
                add: self.text.to_owned(),
            };
            Put::left(text, by_hand)
        };
        match (self.look(before), before) {
            (There::Nothing, _) | (_, None) => Put {
                text: sealed(self.text),
                by_hand: Vec::new(),
            },
            (There::Ours, Some(ours)) => Put {
                text: sealed(self.text).replace('\n', newline_of(ours)),
                by_hand: Vec::new(),
            },
            (There::Changed, Some(changed)) if self.is_current(changed) => Put {
                text: changed.to_owned(),
                by_hand: Vec::new(),
            },
            (There::Changed, Some(changed)) => left(
                changed,
                "somebody has changed it, and this version has another",
            ),
            (There::Others(other), _) => left(other, "it is somebody else's"),
        }
    }

    pub(super) fn take(&self, before: &str) -> Taken {
        match self.look(Some(before)) {
            There::Nothing | There::Ours => Taken::rest(String::new()),
            There::Changed => Taken {
                text: Some(before.to_owned()),
                by_hand: vec![ByHand {
                    why: "somebody has changed it: remove it by hand if it is not wanted".into(),
                    add: String::new(),
                }],
            },
            There::Others(other) => Taken::rest(other.to_owned()),
        }
    }

    fn look<'t>(&self, before: Option<&'t str>) -> There<'t> {
        let text = match before {
            None | Some("") => return There::Nothing,
            Some(text) => text,
        };
        // Git may check out other line ends than were written.
        let plain = text.replace("\r\n", "\n");
        let Some((said, rest)) = said(&plain) else {
            // Copied as this repository has it.
            return match plain == self.text {
                true => There::Ours,
                false => There::Others(text),
            };
        };
        match said == digest(rest) {
            true => There::Ours,
            false => There::Changed,
        }
    }

    /// Whether a file that somebody has changed was made from the text of this very version.
    fn is_current(&self, changed: &str) -> bool {
        said(&changed.replace("\r\n", "\n")).is_some_and(|(said, _)| said == digest(self.text))
    }
}

/// What a file says about itself, and the rest of it.
fn said(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let said = first.strip_prefix(MARK)?.strip_suffix('.')?;
    Some((said, rest))
}

fn sealed(text: &str) -> String {
    format!("{MARK}{}.\n{text}", digest(text))
}

fn digest(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let bytes = bytes.iter().take(DIGEST_BYTES);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::Sealed;

    const OLD: Sealed = Sealed { text: "name: x\n" };
    const NEW: Sealed = Sealed {
        text: "name: x\non: push\n",
    };

    #[test]
    fn a_newer_form_replaces_an_older_one() {
        let old = OLD.put(None).text;
        let new = NEW.put(None).text;
        assert_eq!(NEW.put(Some(&old)).text, new);
        assert_eq!(NEW.put(Some(&new)).text, new);
        assert_eq!(NEW.put(Some(NEW.text)).text, new, "as it is copied by hand");
        let windows = old.replace('\n', "\r\n");
        assert_eq!(NEW.put(Some(&windows)).text, new.replace('\n', "\r\n"));
        assert_eq!(NEW.take(&old).text, None);
    }

    #[test]
    fn what_a_person_has_changed_stays() {
        let changed = OLD.put(None).text + "on: issues\n";
        let put = NEW.put(Some(&changed));
        assert_eq!((put.text.as_str(), put.by_hand.len()), (&*changed, 1));
        assert!(put.by_hand[0].why.contains("changed"));
        // As long as this version has nothing new, there is nothing to say.
        assert!(OLD.put(Some(&changed)).by_hand.is_empty());
        let taken = NEW.take(&changed);
        assert_eq!(taken.text.as_deref(), Some(&*changed));
        assert_eq!(taken.by_hand.len(), 1);
        let other = NEW.put(Some("name: theirs\n"));
        assert_eq!(
            (other.text.as_str(), other.by_hand.len()),
            ("name: theirs\n", 1)
        );
        assert_eq!(
            NEW.take("name: theirs\n").text.as_deref(),
            Some("name: theirs\n")
        );
    }
}
