//! Requests that travel on a branch, and their answers: for agents that may push nothing else.
//!
//! Such an agent writes what it asks into an empty commit ([`Asked`]). A relay, which may push the
//! state, finds it, decides it as that agent, and the answer is a record in the very same commit of
//! the state. A request that has an answer is never decided again.

mod answer;
mod asked;
mod rule;
mod track;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::branch::Branch;
use super::forge::{Login, Permission};
use super::id::{Actor, AgentName, OpId};
use super::object_id::ObjectId;
use super::request::Request;
use super::text::Text;

pub use answer::{
    ANSWERS, Answered, AnsweredRecord, Outcome, SPEAKERS, Speaker, SpeakerRecord, TURNED_DOWN,
    TurnedDown, TurnedDownRecord,
};
pub use asked::{Asked, REQUEST_BYTES_MAX, TRAILER, Unreadable};
pub use rule::{BadRule, Rule};
pub use track::{BadTrackRule, Bound, TrackRule};

/// A request that is older is not decided any more, in seconds: its answer may have been collected,
/// and then nothing would tell that it was decided already.
pub const HORIZON_SECS: u64 = 7 * 24 * 60 * 60;
/// How far ahead the asker's clock may be, in seconds. What is further ahead could outlive its own
/// answer.
pub const AHEAD_SECS: u64 = 60 * 60;
/// For how long an answer is kept at least, in seconds, whatever a collection is asked for.
pub const ANSWER_SECS_MIN: u64 = HORIZON_SECS + 2 * AHEAD_SECS + 24 * 60 * 60;
/// Most requests that are kept as turned down; the oldest go.
pub const TURNED_DOWN_MAX: usize = 256;

/// What can be asked about requests that travel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Decide a request that came on a branch or a page, as the one who asked.
    Apply(Box<Relayed>),
    /// Say for good that a commit is not taken for a request.
    TurnDown(TurnedDown),
    /// Take back a request of one's own that has no answer yet.
    Cancel {
        /// Which.
        id: OpId,
    },
    /// Let the next one who speaks for an agent be its speaker.
    Unpin {
        /// Which agent.
        agent: AgentName,
    },
}

/// See [`Ask::Apply`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relayed {
    /// The request, as its commit has it, or as what was done on the page means.
    pub asked: Asked,
    /// Where it was found.
    pub from: Source,
    /// Who relayed it.
    pub relay: Actor,
}

/// Where a request was found, and what says that it is of whom it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Source {
    /// A commit on a branch.
    Commit(FromCommit),
    /// Something that a person did on a page of the host.
    Page(FromPage),
}

/// A commit on a branch, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FromCommit {
    /// The branch that may speak for the agent.
    pub branch: Branch,
    /// The commit.
    pub commit: ObjectId,
    /// The address of its committer, which anybody can write.
    pub committer: Text,
    /// The fingerprint of the key that signed it well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
}

/// Something that a person did on a page of the host, which has seen to it who that was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FromPage {
    /// The page, such as `octo/demo#12`.
    pub page: Text,
    /// What was done there, by the host's own name for it.
    pub event: Text,
    /// The same in words, such as the line of a comment.
    pub said: Text,
    /// Who did it.
    pub login: Login,
    /// What the host let that person do when it was found.
    pub permission: Permission,
    /// Why nothing can be asked for by it: then that is the answer, whatever the request is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmet: Option<Text>,
}

/// What came of a request about requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// Which request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<OpId>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Outcome>,
}

/// See [`Told::did`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// The request has an answer.
    Answered,
    /// The commit was turned down.
    TurnedDown,
    /// The request was taken back.
    Cancelled,
    /// The agent has no speaker.
    Unpinned,
}

impl Request {
    /// What was really asked: of a request that was relayed, the one that came on the branch.
    pub fn inner(&self) -> &Request {
        match self {
            Self::Relay(Ask::Apply(relayed)) => &relayed.asked.request,
            other => other,
        }
    }

    /// Whether a relay decides it for somebody else. What moves branches, closes epochs, collects or
    /// says whom to trust is for those who may push the state themselves.
    pub fn may_be_relayed(&self) -> bool {
        use super::{agent, queue};
        match self {
            Self::Land(_) | Self::Gc(_) | Self::Adopt(_) | Self::Compact(_) => false,
            Self::Relay(ask) => matches!(ask, Ask::Cancel { .. }),
            Self::Agent(ask) => !matches!(ask, agent::Ask::Trust(_)),
            Self::Queue(ask) => matches!(
                ask,
                queue::Ask::Add(_) | queue::Ask::Retry(_) | queue::Ask::Drop(_)
            ),
            Self::Lock(_)
            | Self::Unlock(_)
            | Self::Renew(_)
            | Self::Steal(_)
            | Self::Leave(_)
            | Self::Task(_)
            | Self::Handoff(_)
            | Self::Memory(_)
            | Self::Message(_)
            | Self::Feature(_)
            | Self::Value(_)
            | Self::Note(_) => true,
        }
    }

    /// A few words for the subject of a commit and for lists: `lock src/a.rs`.
    pub fn in_short(&self) -> String {
        /// Most keys that are named.
        const KEYS_MAX: usize = 3;
        let of_keys = |word: &str, keys: &[super::key::Key]| {
            let mut text = word.to_owned();
            for key in keys.iter().take(KEYS_MAX) {
                text.push_str(&format!(" {key}"));
            }
            if keys.len() > KEYS_MAX {
                text.push_str(&format!(" and {} more", keys.len() - KEYS_MAX));
            }
            text
        };
        let of_which = |word: &str, which: &super::request::Which| match which {
            super::request::Which::Keys(keys) => of_keys(word, keys),
            super::request::Which::All => format!("{word} all"),
        };
        match self {
            Self::Lock(lock) => of_keys("lock", &lock.keys),
            Self::Unlock(unlock) => of_which("unlock", &unlock.which),
            Self::Renew(renew) => of_which("renew", &renew.which),
            Self::Steal(steal) => format!("steal {}", steal.key),
            Self::Relay(Ask::Apply(relayed)) => relayed.asked.request.in_short(),
            Self::Relay(Ask::Cancel { id }) => format!("cancel {id}"),
            other => other.words(),
        }
    }

    /// The names of the variants, as they are stored: `task claim`.
    fn words(&self) -> String {
        let mut words = Vec::new();
        let mut json = serde_json::to_value(self).unwrap_or_default();
        // The noun, and the verb where there are several.
        for _ in 0..2 {
            let inside = match &json {
                serde_json::Value::Object(members) if members.len() == 1 => members
                    .iter()
                    .next()
                    .map(|(name, rest)| (name.clone(), rest.clone())),
                _ => None,
            };
            let Some((name, rest)) = inside else { break };
            let is_verb = name.len() <= super::limits::WORD_BYTES_MAX
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if !is_verb {
                break;
            }
            words.push(name);
            json = rest;
        }
        words.join(" ")
    }
}
