//! The records that a relay leaves: answers, who speaks for whom, and what was turned down.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::branch::Branch;
use super::super::id::{AgentName, OpId};
use super::super::notice::NoticeRecord;
use super::super::object_id::ObjectId;
use super::super::place::{Place, encode_component};
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::stored::{Body, Stored};
use super::super::text::Text;
use super::super::time::Timestamp;

/// Directory of all answers.
pub const ANSWERS: &str = "answers";
/// Directory of who speaks for whom.
pub const SPEAKERS: &str = "speakers";
/// Directory of commits that are not taken for requests.
pub const TURNED_DOWN: &str = "turned-down";

/// The answer to a request that came on a branch or a page.
pub type AnsweredRecord = Stored<Answered>;
/// Who speaks for an agent.
pub type SpeakerRecord = Stored<Speaker>;
/// A commit that was turned down.
pub type TurnedDownRecord = Stored<TurnedDown>;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Outcome {
    /// It was granted.
    Granted {
        /// The answer; absent when it is too long to be kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<Box<Reply>>,
    },
    /// The answer is no.
    Refused {
        /// Why.
        refusal: Box<Refusal>,
    },
    /// It was taken back before it was decided.
    Cancelled {},
}

/// The answer to one request. Who asked is the `by` of the record, as of every operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    /// Which request; agrees with the record's place.
    pub id: OpId,
    /// What was asked, in a few words.
    pub what: Text,
    /// When it was asked, by the asker's clock.
    pub asked_at: Timestamp,
    /// Where it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Branch>,
    /// In which commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// On which page of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Text>,
    /// What was done there, by the host's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Text>,
    /// What came of it.
    pub result: Outcome,
    /// What had happened to the session's locks meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<NoticeRecord>,
}

/// Who speaks for an agent: whoever did so first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// The agent; agrees with the record's place.
    pub agent: AgentName,
    /// The address of the committer.
    pub committer: Text,
    /// The fingerprint of the key; with one, the address does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
    /// The branch of the first request.
    pub branch: Branch,
}

/// A commit that looks like a request and was not taken for one, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnedDown {
    /// The commit; agrees with the record's place.
    pub commit: ObjectId,
    /// Where it was found.
    pub branch: Branch,
    /// Whom it names as the asker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// Which request it says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<OpId>,
    /// Why.
    pub why: Text,
}

impl Answered {
    /// The directory of an agent's answers. Only who may speak for the agent gets anything written
    /// there: the id of somebody else's request cannot be used up.
    pub fn dir(agent: &AgentName) -> String {
        format!("{ANSWERS}/{}", encode_component(agent.as_str().as_bytes()))
    }

    /// Where the answer to a request stands.
    pub fn place(agent: &AgentName, id: OpId) -> Place {
        let id = encode_component(id.to_string().as_bytes());
        Place::encoded(format!("{}/{id}.json", Self::dir(agent)))
    }
}

impl Speaker {
    /// Where it stands.
    pub fn place(agent: &AgentName) -> Place {
        let agent = encode_component(agent.as_str().as_bytes());
        Place::encoded(format!("{SPEAKERS}/{agent}.json"))
    }
}

impl TurnedDown {
    /// Where it stands.
    pub fn place(commit: &ObjectId) -> Place {
        let commit = encode_component(commit.to_string().as_bytes());
        Place::encoded(format!("{TURNED_DOWN}/{commit}.json"))
    }
}

impl Body for Answered {
    const KIND: &'static str = "answer";
}

impl Body for Speaker {
    const KIND: &'static str = "speaker";
}

impl Body for TurnedDown {
    const KIND: &'static str = "turned-down";
}
