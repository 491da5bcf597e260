//! `unlock`: give locks back.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::request::{Request, Unlock as Wanted, Which};

use super::{Answer, Context, keys, task};

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
            // Claims are taken by claiming, and given back as every lock is.
            let (claims, typed): (Vec<String>, Vec<String>) =
                typed.iter().cloned().partition(|text| task::is_claim(text));
            let mut resolved = keys::read(context, &typed, false)?;
            for text in claims {
                resolved.keys.push(task::claim(context, &text)?);
            }
            Ok((Which::Keys(resolved.keys), resolved.notes))
        }
    }
}
