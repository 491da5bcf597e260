//! `github labels`: the labels of ours in the repository.

use std::collections::BTreeSet;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::mirror::Call;
use crate::github::{self, Memory, Reader, Trouble, Trust, perform};
use crate::model::forge::Label;

use super::super::Context;

/// List the labels of ours that the repository has, and remove those that nothing wears.
///
/// All of them begin with `coord:`; no other label is ever touched.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// Remove those that were made for one thing and that no thread wears which was touched of late
    #[arg(long)]
    pub clean: bool,
}

/// Labels of ours.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// Those that there are.
    pub labels: Vec<Label>,
    /// Those that were removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Label>,
}

impl Labels {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let client = github::open(&context.coord)?;
        let memory = Memory::open(&context.coord, &client);
        let failed = |trouble: Trouble| trouble.into_failure(client.place().host());
        let reader = Reader::new(&client, &memory);
        let labels = reader.labels(Trust::Fresh).map_err(failed)?;
        if !self.clean {
            return Ok(Listed {
                labels,
                removed: Vec::new(),
            });
        }
        let threads = reader.threads(Trust::Fresh).map_err(failed)?;
        let worn = threads.values().flat_map(|thread| &thread.labels);
        let worn: BTreeSet<String> = worn.map(|label| Label::folded(&label.name)).collect();
        let is_spent =
            |label: &Label| label.is_spent() && !worn.contains(&Label::folded(&label.name));
        let (removed, labels): (Vec<Label>, Vec<Label>) = labels.into_iter().partition(is_spent);
        for label in &removed {
            perform(&client, &Call::DropLabel(label.name.clone())).map_err(failed)?;
        }
        Ok(Listed { labels, removed })
    }
}
