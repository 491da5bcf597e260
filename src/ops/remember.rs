//! `remember`: keep something in mind for everybody.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::memory::{Ask, Remember as Wanted};
use crate::model::request::Request;

use super::{Answer, Context, given, keys, words};

/// Keep something in mind: what went wrong or well, what was decided or found out.
///
/// The same, said again within an hour by the same agent, is added to the first; nothing is lost.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Remember {
    /// What to remember, in one line
    #[arg(value_name = "SUMMARY")]
    pub summary: String,
    /// What it is: error, success, decision, discovery, optimisation
    #[arg(long, short, value_name = "KIND", default_value = "discovery")]
    pub kind: String,
    /// As much as helps
    #[arg(long, short, value_name = "TEXT")]
    pub details: Option<String>,
    /// How it went: positive, negative, neutral [default: neutral]
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<String>,
    /// What to do the next time
    #[arg(long, value_name = "TEXT")]
    pub lesson: Vec<String>,
    /// A word to find it by, or several with commas
    #[arg(long, value_name = "WORD")]
    pub tag: Vec<String>,
    /// A file or key that it is about
    #[arg(long, value_name = "PATH")]
    pub path: Vec<String>,
    /// The commit that it was learned at
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
    /// How much it matters, from 1 to 5 [default: 3]
    #[arg(long, value_name = "N")]
    pub importance: Option<String>,
    /// A rule of the secret scan that is wrong about this text; it is recorded
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Remember {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let resolved = keys::read(context, &self.path, false)?;
        let commit = match &self.commit {
            None => None,
            Some(text) => Some(coord.commit_named(text)?.ok_or_else(|| {
                let what = format!("`{}` is no commit", text.escape_debug());
                Failure::usage(what, "name a commit, as `--commit HEAD`")
            })?),
        };
        let sort = given::one(
            Some(self.kind.as_str()).filter(|kind| !kind.is_empty()),
            "--kind",
        )?;
        let summary = given::one(Some(&self.summary), "SUMMARY")?;
        let wanted = Wanted {
            sort: sort.unwrap_or(crate::model::memory::Sort::Discovery),
            summary: summary.expect("because it is given"),
            details: given::one(self.details.as_deref(), "--details")?,
            outcome: given::one(self.outcome.as_deref(), "--outcome")?.unwrap_or_default(),
            lessons: given::each(&self.lesson, "--lesson")?,
            tags: words::read(&self.tag, "--tag")?,
            files: resolved.keys,
            commit,
            importance: given::one(self.importance.as_deref(), "--importance")?.unwrap_or_default(),
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        };
        let done = coord.handle(Request::Memory(Ask::Remember(Box::new(wanted))))?;
        Ok(Answer::done(done, resolved.notes))
    }
}
