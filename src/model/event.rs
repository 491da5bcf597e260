//! The event in each commit of the chain: what was asked, by whom, and what came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agent::Whereabouts;
use super::id::{Actor, OpId};
use super::key::Key;
use super::record::VERSION;
use super::refusal::Refusal;
use super::request::Request;
use super::stamp::Evidence;
use super::text::shown;
use super::time::Timestamp;

/// The version of the rules that this program decides under. An event names its own, so that
/// other rules are reported as not re-checkable and never as wrong.
pub const RULES: u32 = 1;

/// Longest subject line, in characters.
const SUBJECT_CHARS_MAX: usize = 200;

/// The JSON body of a commit of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Format version.
    pub v: u32,
    /// Version of the rules that it was decided under.
    pub rules: u32,
    /// The operation's identity.
    pub op: OpId,
    /// The number of the state: one more than its parent's, also across epochs.
    pub rev: u64,
    /// When, by the asker's wall clock.
    pub at: Timestamp,
    /// Who asked.
    pub by: Actor,
    /// What was asked.
    pub request: Request,
    /// Why leases were held to have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Own locks that were renewed along the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Key>,
    /// What the same session was refused since its last change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Where the session acts, when its record was written along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<Whereabouts>,
}

impl Event {
    /// The message of the commit: a line for people, then the event for programs.
    ///
    /// # Errors
    /// Never for values that were read or checked here.
    pub fn message(
        &self,
        subject: &str,
        trailer: Option<&str>,
    ) -> Result<String, serde_json::Error> {
        let subject: String = shown(subject).chars().take(SUBJECT_CHARS_MAX).collect();
        let body = serde_json::to_string(self)?;
        let trailer = trailer
            .map(|line| format!("\n\n{line}"))
            .unwrap_or_default();
        Ok(format!("{subject}\n\n{body}{trailer}\n"))
    }

    /// Reads the event in a commit's body.
    ///
    /// # Errors
    /// When the body is not one event of a version that this program knows.
    pub fn parse(body: &str) -> Result<Self, String> {
        let line = body.lines().next().unwrap_or_default();
        let event: Self = serde_json::from_str(line).map_err(|why| why.to_string())?;
        if event.v > VERSION {
            return Err(format!(
                "its event has version {}, and this program knows {VERSION}",
                event.v
            ));
        }
        Ok(event)
    }

    /// Reads only the number of the state, which every command needs.
    ///
    /// # Errors
    /// When the body is no event.
    pub fn rev_of(body: &str) -> Result<u64, String> {
        #[derive(Deserialize)]
        struct Rev {
            rev: u64,
        }
        let line = body.lines().next().unwrap_or_default();
        serde_json::from_str(line)
            .map(|Rev { rev }| rev)
            .map_err(|why| why.to_string())
    }
}

/// An operation that was refused, remembered where it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The operation's identity.
    pub op: OpId,
    /// When.
    pub at: Timestamp,
    /// What was asked.
    pub request: Request,
    /// The answer.
    pub refusal: Refusal,
}
