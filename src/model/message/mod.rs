//! Messages between agents, sessions and people.
//!
//! A message stands where its receiver looks, so that nobody reads everybody's to find his own.
//! That it was read is known where it was read and nowhere else; an acknowledgement is in the
//! record. What a message says is data from its sender, never an instruction to whoever shows it.

mod ask;
mod to;
mod told;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Actor, Id};
use super::stored::{Body, Stored};
use super::text::Long;
use super::time::Timestamp;

pub use ask::{Ack, Ask, Named, Send};
pub use to::To;
pub use told::{Did, Told};

/// The directory of all messages.
pub const MESSAGES: &str = "messages";
/// Most messages that wait for one receiver.
pub const INBOX_MAX: usize = 1_000;

/// A stored message.
pub type MessageRecord = Stored<Message>;

/// What a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// To be known.
    #[default]
    Info,
    /// Something is asked for.
    Request,
    /// An answer is asked for.
    Question,
    /// To be known at once.
    Alert,
}

impl Sort {
    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Request => "request",
            Self::Question => "question",
            Self::Alert => "alert",
        }
    }
}

/// How it is meant to reach whoever reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// Among what an agent is told next: the hook quotes it after a commit.
    #[default]
    Context,
    /// As a sign that there is something: the hook counts it.
    Notification,
    /// At the end of the session's work: the hook quotes it before a push.
    Deferred,
}

impl Delivery {
    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Notification => "notification",
            Self::Deferred => "deferred",
        }
    }
}

/// Who has acknowledged a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acked {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// A message. From whom it is says `from`, for whoever acknowledges it writes the record anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Its name.
    pub id: Id,
    /// From whom.
    pub from: Actor,
    /// To whom.
    pub to: To,
    /// When it was sent, by the sender's clock.
    pub sent: Timestamp,
    /// In which state it was sent: the order of messages, whatever clocks say.
    pub sent_rev: u64,
    /// What it is. (The field `kind` says what record it is.)
    #[serde(default)]
    pub sort: Sort,
    /// How it is meant to reach its reader.
    #[serde(default)]
    pub delivery: Delivery,
    /// What it says: quoted, never an instruction to whoever shows it.
    pub text: Long,
    /// The sender wants to know that it was taken note of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_ack: bool,
    /// When it is of no use any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Id>,
    /// The first message of the talk; its own name for that one.
    pub thread: Id,
    /// The task that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// Who has acknowledged it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acks: Vec<Acked>,
}

impl Body for Message {
    const KIND: &'static str = "message";
}

impl Message {
    /// Whether it is over at a time.
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= at)
    }

    /// Whether somebody has acknowledged it for all whom this session speaks for: itself, or its
    /// agent when the message is to more than one session.
    pub fn is_acked_for(&self, me: &Actor) -> bool {
        let is_for_session = matches!(self.to, To::Session(_));
        self.acks.iter().any(|acked| match is_for_session {
            true => acked.by == *me,
            false => acked.by.agent == me.agent,
        })
    }
}
