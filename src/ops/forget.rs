//! `forget`: keep something in mind no longer.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, recall};
use crate::domain::memory;
use crate::model::id::Id;
use crate::model::memory::{Ask, Forget as Wanted};
use crate::model::request::Request;

use super::{Answer, Context, names};

/// Keep memories no longer, all or none; the log still has them.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Forget {
    /// Which, or the beginnings of their ids
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
}

impl Forget {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let known = recall::ids(&coord.view(None)?)?;
        let ids = self.ids.iter();
        let ids = ids.map(|typed| names::resolve("recall", typed, &known));
        let wanted = Wanted {
            ids: ids.collect::<Result<_, _>>()?,
        };
        let done = coord.handle(Request::Memory(Ask::Forget(wanted)))?;
        Ok(Answer::done(done, Vec::new()))
    }
}

/// At most so many memories whose ids begin so, each in one line.
///
/// # Errors
/// When they cannot be listed.
pub fn titles(
    context: &Context<'_>,
    begin: &str,
    most: usize,
) -> Result<Vec<(Id, String)>, Failure> {
    let view = context.coord.view(None)?;
    let mut found = recall::ids(&view)?;
    found.retain(|id| id.as_str().starts_with(begin));
    found.truncate(most);
    let about = |id: Id| {
        let memory = memory::get(&view, &id).ok()??;
        Some((id, memory.body.summary.as_str().to_owned()))
    };
    Ok(found.into_iter().filter_map(about).collect())
}
