//! The record that tells a session what happened to its locks and tasks while it looked away.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Actor, OpId};
use super::key::Key;
use super::place::{Place, PlaceError, encode_component};
use super::record::Record;
use super::text::{Text, shown};
use super::time::Timestamp;

/// Directory of all notices.
pub const NOTICES: &str = "notices";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Happened {
    /// Somebody took the lock on purpose while its lease ran.
    Stolen,
    /// The lease had ended, and somebody else took the lock.
    Lapsed,
    /// The process of the session was proven to be gone, and somebody else took the lock.
    Died,
    /// Another session of the same agent took the lock over.
    Takeover,
    /// It was offered with a handoff, which somebody has accepted.
    Handover,
    /// The task was cancelled, or failed with one that it depends on.
    Over,
    /// Somebody asks to have the task back. The lock stays.
    Wanted,
    /// A request that went by a branch has its answer; it is in the reason.
    Answered,
    /// Somebody ended the session, and gave back all that it held.
    Kicked,
}

/// A notice to one session; its next command shows it and its next change removes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeRecord {
    /// Format version.
    pub v: u32,
    /// Always `notice`.
    pub kind: String,
    /// The operation that wrote it.
    pub op: OpId,
    /// The number of the state that it was written in.
    pub rev: u64,
    /// When, by the writer's wall clock.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// What happened.
    pub happened: Happened,
    /// To which locks.
    pub keys: Vec<Key>,
    /// Why, in the words of the one who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

impl NoticeRecord {
    /// The directory of one session's notices.
    pub fn dir(to: &Actor) -> String {
        let agent = encode_component(to.agent.as_str().as_bytes());
        let session = encode_component(to.session.as_str().as_bytes());
        format!("{NOTICES}/{agent}/{session}")
    }

    /// What happened, in one line that is safe to show.
    pub fn sentence(&self) -> String {
        let why = self
            .reason
            .as_ref()
            .map(|why| format!(": {}", shown(why.as_str())));
        format!("{}{}", self.what(), why.unwrap_or_default())
    }

    /// The same without anybody's words.
    pub fn what(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| format!("`{key}`")).collect();
        let keys = keys.join(", ");
        let (by, at) = (&self.by, self.at);
        match self.happened {
            Happened::Stolen => format!("{by} took your lock on {keys} at {at}"),
            Happened::Lapsed => {
                format!("your lease on {keys} had ended, and {by} holds it since {at}")
            }
            Happened::Died => {
                format!("your process was gone, and {by} holds {keys} since {at}")
            }
            Happened::Takeover => format!("{by} took over {keys} at {at}"),
            Happened::Handover => {
                format!("{by} accepted your handoff at {at} and holds {keys} now")
            }
            Happened::Over => format!("{by} ended {keys} at {at}; stop working on it"),
            Happened::Wanted => {
                format!("{by} asks to have {keys} back since {at}: `git coord task release`")
            }
            Happened::Answered => "your request is answered".into(),
            Happened::Kicked if self.keys.is_empty() => {
                format!("{by} ended your session at {at}")
            }
            Happened::Kicked => {
                format!("{by} ended your session at {at}; what it held is free: {keys}")
            }
        }
    }

    /// Where the notice of one operation to one session is kept.
    ///
    /// # Errors
    /// Never for the names that [`Actor`] admits.
    pub fn place(to: &Actor, op: OpId) -> Result<Place, PlaceError> {
        Place::new(&format!(
            "{}/{}.json",
            Self::dir(to),
            encode_component(op.to_string().as_bytes())
        ))
    }
}

impl Record for NoticeRecord {
    const KIND: &'static str = "notice";

    fn head(&self) -> (u32, &str) {
        (self.v, &self.kind)
    }
}
