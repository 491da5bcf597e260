//! The two envelopes in which every face gives answers and failures as JSON, so that what is printed,
//! what is sent and the schema that `git coord schema` prints come from one definition.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::coord::Failure;
use crate::coord::failure::Fault;
use crate::model::id::OpId;
use crate::model::key::Here;
use crate::model::notice::NoticeRecord;
use crate::model::refusal::Refusal;

use super::Answer;
use super::queue::Stands;

/// The version of this JSON.
const SCHEMA: u32 = 1;

/// A number that is always the same.
struct Fixed<const N: u32>;

/// A truth that is always the same.
struct Is<const TRUE: bool>;

/// What is printed with `--json` when the answer is yes.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "answer")]
pub struct Yes<'a> {
    /// The version of this JSON; a new one is made only for a change that breaks readers.
    schema: Fixed<SCHEMA>,
    /// The answer is yes.
    ok: Is<true>,
    /// What happened to the session's locks while it looked away; each is told once.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    notices: &'a [NoticeRecord],
    #[serde(flatten)]
    answer: Said<'a>,
}

/// What a command says.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Said<'a> {
    Answer(&'a Answer),
    Other(Other<'a>),
}

/// What is said by no operation.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "answer")]
enum Other<'a> {
    /// A page for people: help, a script, a manual.
    Page {
        /// The whole page.
        text: &'a str,
    },
}

/// What is printed with `--json` when there is no positive answer.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "failure")]
pub struct No<'a> {
    /// The version of this JSON; a new one is made only for a change that breaks readers.
    schema: Fixed<SCHEMA>,
    /// There is no positive answer.
    ok: Is<false>,
    /// What is the matter, in words.
    message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// What happened to the session's locks while it looked away; each is told once.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    notices: &'a [NoticeRecord],
    /// How entries of the merge queue stand that it is about, as `queue why` says it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    entries: &'a [Stands],
    #[serde(flatten)]
    why: Why<'a>,
}

/// The stable code, and what belongs to it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Why<'a> {
    Refused(&'a Refusal),
    Failed {
        /// What went wrong.
        code: Fault,
        /// The request that has no answer yet.
        #[serde(skip_serializing_if = "Option::is_none")]
        request: Option<OpId>,
    },
}

impl<'a> Yes<'a> {
    /// The answer of an operation.
    pub fn answer(answer: &'a Answer, notices: &'a [NoticeRecord]) -> Self {
        Self::said(Said::Answer(answer), notices)
    }

    /// A page that is asked for as JSON.
    pub fn page(text: &'a str) -> Self {
        Self::said(Said::Other(Other::Page { text }), &[])
    }

    fn said(answer: Said<'a>, notices: &'a [NoticeRecord]) -> Self {
        Self {
            schema: Fixed,
            ok: Is,
            notices,
            answer,
        }
    }
}

impl<'a> No<'a> {
    /// A failure; `here` is where its reader types paths.
    pub fn of(failure: &'a Failure, here: &Here, notices: &'a [NoticeRecord]) -> Self {
        Self {
            schema: Fixed,
            ok: Is,
            message: failure.to_string(),
            hint: failure.hint(here),
            notices,
            entries: match failure {
                Failure::Queued { entries, .. } => entries,
                _ => &[],
            },
            why: match failure {
                Failure::Refused(refusal) | Failure::Queued { refusal, .. } => {
                    Why::Refused(refusal)
                }
                other => Why::Failed {
                    code: other.fault(),
                    request: match other {
                        Failure::Pending { id, .. } => Some(*id),
                        _ => None,
                    },
                },
            },
        }
    }
}

impl<const N: u32> Serialize for Fixed<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(N)
    }
}

impl<const N: u32> JsonSchema for Fixed<N> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Fixed{N}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": N })
    }
}

impl<const TRUE: bool> Serialize for Is<TRUE> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(TRUE)
    }
}

impl<const TRUE: bool> JsonSchema for Is<TRUE> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Is{TRUE}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": TRUE })
    }
}
