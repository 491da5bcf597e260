//! A file that is ours alone. It says so; one of the same name that does not is somebody else's.

use super::form::{ByHand, Put, Taken};
use super::json::newline_of;

/// What each such file has somewhere.
pub(super) const MARK: &str = "written by `git coord init";

/// A whole file.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) text: String,
    /// What to add where somebody else has the file; nothing when all of it is wanted.
    pub(super) piece: Option<String>,
    /// A word that says that somebody did.
    pub(super) unless: Option<&'static str>,
}

impl Own {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            piece: None,
            unless: None,
        }
    }

    pub(super) fn put(&self, before: Option<&str>) -> Put {
        let text = match before {
            None | Some("") => self.text.clone(),
            Some(ours) if ours.contains(MARK) => self.text.replace('\n', newline_of(ours)),
            Some(other) if self.unless.is_some_and(|word| other.contains(word)) => other.to_owned(),
            Some(other) => {
                let by_hand = ByHand {
                    why: "it is somebody else's".into(),
                    add: self.piece.clone().unwrap_or_else(|| self.text.clone()),
                };
                return Put::left(other, by_hand);
            }
        };
        Put {
            text,
            by_hand: Vec::new(),
        }
    }

    pub(super) fn take(&self, before: &str) -> Taken {
        let is_ours = before.contains(MARK);
        Taken::rest(if is_ours {
            String::new()
        } else {
            before.to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{MARK, Own};

    #[test]
    fn a_file_of_somebody_else_stays() {
        let own = Own::new(format!("# {MARK}`\nnew\n"));
        assert_eq!(own.put(None).text, own.text);
        let older = format!("# {MARK}`\r\nold\r\n");
        assert_eq!(own.put(Some(&older)).text, own.text.replace('\n', "\r\n"));
        assert_eq!(own.take(&older).text, None);
        let other = own.put(Some("mine\n"));
        assert_eq!((other.text.as_str(), other.by_hand.len()), ("mine\n", 1));
        assert_eq!(own.take("mine\n").text.as_deref(), Some("mine\n"));
    }
}
