//! Answers, and how they travel between commands of one clone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::OpId;
use crate::model::notice::NoticeRecord;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;

use super::failure::{Class, Failure};

/// A request that was granted, and published where the authority is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    /// The operation's identity.
    pub op: OpId,
    /// The answer itself; its fields stand beside these.
    #[serde(flatten)]
    pub reply: Reply,
    /// The commit that it became; none when there was nothing to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// The number of the state that the answer is about.
    pub rev: u64,
    /// What happened to the session's locks meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<NoticeRecord>,
}

/// An answer as one command leaves it for another.
#[derive(Serialize, Deserialize)]
pub(super) enum Wire {
    Done(Box<Done>),
    Refused(Box<Refusal>),
    Failed { class: Class, message: String },
}

impl From<&Result<Done, Failure>> for Wire {
    fn from(answer: &Result<Done, Failure>) -> Self {
        match answer {
            Ok(done) => Self::Done(Box::new(done.clone())),
            Err(Failure::Refused(refusal)) => Self::Refused(refusal.clone()),
            Err(other) => Self::Failed {
                class: other.class(),
                message: other.to_string(),
            },
        }
    }
}

impl From<Wire> for Result<Done, Failure> {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Done(done) => Ok(*done),
            Wire::Refused(refusal) => Err(Failure::Refused(refusal)),
            Wire::Failed { class, message } => Err(Failure::Carried { class, message }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::*;

    #[test]
    fn answers_survive_the_way_between_commands() {
        let replies = [
            Reply::Noted,
            Reply::Compacted { epoch: u64::MAX },
            Reply::Left { was_waiting: true },
            Reply::Unlocked {
                released: vec!["src/".parse().unwrap()],
                next: Vec::new(),
            },
        ];
        for reply in replies {
            let done = Done {
                op: OpId::new(ulid::Ulid::nil()),
                reply,
                commit: None,
                rev: u64::MAX,
                notices: Vec::new(),
            };
            let wire = serde_json::to_string(&Wire::from(&Ok(done.clone()))).unwrap();
            let back: Wire = serde_json::from_str(&wire).unwrap();
            assert_eq!(Result::from(back).unwrap(), done, "{wire}");
        }
    }
}
