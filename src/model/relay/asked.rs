//! The request as the commit on the branch has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::agent::Whereabouts;
use super::super::id::{Actor, OpId};
use super::super::key::Key;
use super::super::limits::KEYS_MAX;
use super::super::object_id::ObjectId;
use super::super::record::VERSION;
use super::super::request::Request;
use super::super::text::shown;
use super::super::time::Timestamp;

/// Largest message of a commit that carries a request, in bytes.
pub const REQUEST_BYTES_MAX: usize = 48 * 1024;
/// The trailer that tells such a commit from all others.
pub const TRAILER: &str = "Coord-Request: ";
/// Longest subject line, in characters.
const SUBJECT_CHARS_MAX: usize = 72;

/// A request that travels on a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Format version.
    pub v: u32,
    /// Its identity: it is decided once, wherever and however often it is found. It is that of the
    /// operation, too.
    pub id: OpId,
    /// When, by the asker's wall clock. A lease does not begin before the request is decided.
    pub at: Timestamp,
    /// Who asks.
    pub by: Actor,
    /// The state that the asker saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// What is asked.
    pub request: Request,
    /// Own locks that may need renewal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Key>,
    /// Where the session acts, when it is time to say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<Whereabouts>,
}

/// Why a commit that looks like a request is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is longer than any request.
    #[error("its message has {0} bytes, and a request has at most {REQUEST_BYTES_MAX}")]
    TooLarge(usize),
    /// There is no such JSON in it.
    #[error("it has no request that can be read: {0}")]
    Malformed(String),
    /// A newer program wrote it.
    #[error("it has version {0}, and this program knows {VERSION}")]
    Newer(u32),
    /// Its parts say different things.
    #[error("its trailer names another request")]
    Contradictory,
}

impl Asked {
    /// The message of the commit that carries it: a line for people, the request for programs, and
    /// the trailer that it is found by.
    ///
    /// # Errors
    /// When it is larger than a relay reads.
    pub fn message(&self) -> Result<String, Unreadable> {
        let json =
            serde_json::to_string(self).map_err(|why| Unreadable::Malformed(why.to_string()))?;
        let subject = format!("coord request: {}", shown(&self.request.in_short()));
        let subject: String = subject.chars().take(SUBJECT_CHARS_MAX).collect();
        let message = format!("{}\n\n{json}\n\n{TRAILER}{}\n", subject.trim_end(), self.id);
        match message.len() {
            long if long > REQUEST_BYTES_MAX => Err(Unreadable::TooLarge(long)),
            _ => Ok(message),
        }
    }

    /// The request in the message of a commit; none when the commit does not say that it is one.
    ///
    /// # Errors
    /// When it says so and is none.
    pub fn parse(message: &str) -> Result<Option<Self>, Unreadable> {
        let Some(id) = message
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix(TRAILER))
        else {
            return Ok(None);
        };
        if message.len() > REQUEST_BYTES_MAX {
            return Err(Unreadable::TooLarge(message.len()));
        }
        let malformed = |why: String| Unreadable::Malformed(why.chars().take(200).collect());
        let body = message.split_once("\n\n").map_or("", |(_, body)| body);
        let line = body.lines().next().unwrap_or_default();
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let version: Version =
            serde_json::from_str(line).map_err(|why| malformed(why.to_string()))?;
        if version.v > VERSION {
            return Err(Unreadable::Newer(version.v));
        }
        let asked: Self = serde_json::from_str(line).map_err(|why| malformed(why.to_string()))?;
        if asked.id.to_string() != id.trim() {
            return Err(Unreadable::Contradictory);
        }
        if asked.also.len() > KEYS_MAX {
            return Err(malformed(format!("more than {KEYS_MAX} locks to renew")));
        }
        Ok(Some(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::request::Leave;
    use super::*;

    fn asked() -> Asked {
        Asked {
            v: VERSION,
            id: OpId::new(ulid::Ulid::from_parts(1_700_000_000_000, 7)),
            at: chrono::DateTime::UNIX_EPOCH.into(),
            by: Actor {
                agent: "claude-1".parse().expect("it is a name"),
                session: "s1".parse().expect("it is a name"),
            },
            base: None,
            request: Request::Leave(Leave {}),
            also: Vec::new(),
            here: None,
        }
    }

    #[test]
    fn it_is_read_back_from_the_message_that_it_makes() {
        let message = asked().message().expect("it is short");
        assert!(
            message.starts_with("coord request: leave\n\n{"),
            "{message}"
        );
        assert_eq!(Asked::parse(&message), Ok(Some(asked())));
        // Some hosts add lines of their own at the end.
        let signed_off = format!("{message}Signed-off-by: A <a@b>\n");
        assert_eq!(Asked::parse(&signed_off), Ok(Some(asked())));
    }

    #[test]
    fn what_is_no_request_is_told_from_what_is_a_bad_one() {
        let message = asked().message().expect("it is short");
        let id = asked().id.to_string();
        let other = message.replace(&format!("{TRAILER}{id}"), &format!("{TRAILER}{id}X"));
        let newer = message.replace("\"v\":1", "\"v\":99");
        let large = format!("{message}{}\n", "x".repeat(REQUEST_BYTES_MAX));
        let cut = message.replace("\"by\"", "\"bye\"");
        assert_eq!(Asked::parse("Fix a typo\n\nIt was one.\n"), Ok(None));
        assert_eq!(Asked::parse(&other), Err(Unreadable::Contradictory));
        assert_eq!(Asked::parse(&newer), Err(Unreadable::Newer(99)));
        assert!(matches!(Asked::parse(&large), Err(Unreadable::TooLarge(_))));
        assert!(matches!(Asked::parse(&cut), Err(Unreadable::Malformed(_))));
        let bare = format!("x\n\n{TRAILER}{id}\n");
        assert!(matches!(Asked::parse(&bare), Err(Unreadable::Malformed(_))));
    }
}
