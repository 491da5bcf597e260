//! `unlock`: give locks back.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::request::{Request, Unlock as Wanted, Which};

use super::{Answer, Context, keys};

/// Give locks back; the next in line gets its turn.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Unlock {
    /// Which locks, as they were taken
    #[arg(required_unless_present = "all", value_name = "KEY")]
    pub keys: Vec<String>,
    /// All locks of this session
    #[arg(long, conflicts_with = "keys")]
    pub all: bool,
}

impl Unlock {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let (which, notes) = which(context, &self.keys, self.all)?;
        let done = context.coord.handle(Request::Unlock(Wanted { which }))?;
        Ok(Answer::done(done, notes))
    }
}

/// The named locks, or all.
pub(super) fn which(
    context: &Context<'_>,
    typed: &[String],
    all: bool,
) -> Result<(Which, Vec<String>), Failure> {
    match (typed, all) {
        (_, true) => Ok((Which::All, Vec::new())),
        ([], false) => Err(Failure::usage("no key is named", "name keys, or use --all")),
        (typed, false) => {
            let resolved = keys::read(context, typed, false)?;
            Ok((Which::Keys(resolved.keys), resolved.notes))
        }
    }
}
