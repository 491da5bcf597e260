//! `recall`: what is known about something.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::memory::rank::Question;
use crate::domain::memory::terms;
use crate::env;
use crate::model::memory::MemoryRecord;

use super::{Answer, Context, given, keys, words};

/// How many memories are an answer unless said otherwise.
const LIMIT_DEFAULT: usize = 10;
/// The most that are.
const LIMIT_MAX: usize = 100;

/// Find memories: by words and parts of identifiers, tags and paths; best first.
///
/// The score is relevance (0 to 1) × importance (a third for each of 1 to 5, raised by use) ×
/// freshness (one half for each `coord.memoryHalfLife`). All that is asked for has to fit.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recall {
    /// Words to look for, such as `parseConfig timeout`; everything when absent
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Only with this tag, or one of several
    #[arg(long, value_name = "WORD")]
    pub tag: Vec<String>,
    /// Only of this kind: error, success, decision, discovery, optimisation
    #[arg(long, short, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only about this path, what is in it or what it is in; or one of several
    #[arg(long, value_name = "PATH")]
    pub path: Vec<String>,
    /// At most so many [default: 10]
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
    /// Only with at least this score
    #[arg(long, value_name = "SCORE")]
    pub min: Option<f64>,
}

/// The answer of `recall`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Recalled {
    /// Best first.
    pub memories: Vec<Found>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// A memory that answers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Found {
    /// How well: relevance, importance and freshness in one number.
    pub score: f64,
    /// The memory.
    pub memory: MemoryRecord,
}

impl Recall {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let tags = words::read(&self.tag, "--tag")?;
        let half_life_secs = coord.settings().memory_half_life.as_secs();
        let question = Question {
            terms: terms::of_query(&self.query.join(" ")),
            tags: tags.iter().map(ToString::to_string).collect(),
            paths: keys::read(context, &self.path, false)?.keys,
            sort: given::one(self.kind.as_deref(), "--kind")?,
            now_secs: env::now().utc().timestamp(),
            half_life_secs,
        };
        let view = coord.view(None)?;
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
        let found = coord.recall(&view, &question, self.min.unwrap_or(0.0), limit)?;
        coord.count_uses(&found);
        let memories = found.into_iter().map(|one| Found {
            // Four digits tell apart what differs.
            score: (one.score * 10_000.0).round() / 10_000.0,
            memory: one.memory,
        });
        Ok(Answer::Recalled(Recalled {
            memories: memories.collect(),
            view_age_secs: view.age.map(|age| age.as_secs()),
        }))
    }
}
