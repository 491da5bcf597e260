//! `forget`: keep something in mind no longer.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, recall};
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
