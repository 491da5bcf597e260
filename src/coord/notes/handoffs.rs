//! What is written about handoffs.

use std::collections::BTreeMap;

use crate::coord::{Failure, View};
use crate::domain::handoff;
use crate::model::handoff::render;
use crate::model::object_id::ObjectId;

/// All handoffs at each commit, oldest first.
pub(super) fn texts(view: &View<'_>) -> Result<BTreeMap<ObjectId, String>, Failure> {
    let (handoffs, _) = handoff::all(view)?;
    let mut texts: BTreeMap<ObjectId, String> = BTreeMap::new();
    for handoff in handoffs.iter().rev() {
        let Some(commit) = handoff.content.commit else {
            continue;
        };
        let text = texts.entry(commit).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&render(handoff));
    }
    Ok(texts)
}
