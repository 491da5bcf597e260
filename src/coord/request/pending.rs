//! What this clone has asked and has no answer to yet: a small file for each request.
//!
//! They are hints. The request itself is on its branch, and its answer in the state.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::id::OpId;
use crate::model::object_id::ObjectId;
use crate::model::relay::Asked;

use super::super::commit::Job;
use super::super::{Coord, local};

/// Most requests that wait at a time.
pub(super) const PENDING_MAX: usize = 200;

/// A request that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) asked: Asked,
    /// The branch that it is on.
    pub(super) branch: String,
    /// The commit that carries it.
    pub(super) commit: Option<ObjectId>,
    /// Whether it was pushed with the branch, as far as this clone knows.
    pub(super) sent: bool,
}

impl Pending {
    /// The operation that it asks for.
    pub(super) fn job(&self) -> Job {
        let asked = self.asked.clone();
        Job {
            op: asked.id,
            seen: asked.base,
            at: asked.at,
            by: asked.by,
            request: asked.request,
            also: asked.also,
            refused: Vec::new(),
            here: asked.here,
        }
    }
}

fn dir(coord: &Coord) -> PathBuf {
    coord.repo.coord_dir().join("requests")
}

fn file(coord: &Coord, id: OpId) -> PathBuf {
    dir(coord).join(format!("{id}.json"))
}

/// All that wait, oldest first.
pub(super) fn all(coord: &Coord) -> Vec<Pending> {
    let Ok(entries) = std::fs::read_dir(dir(coord)) else {
        return Vec::new();
    };
    let files = entries.flatten().map(|entry| entry.path());
    let mut all: Vec<Pending> = files
        .filter(|file| file.extension().is_some_and(|ending| ending == "json"))
        .filter_map(|file| local::load(&file))
        .collect();
    all.sort_by_key(|pending| pending.asked.id);
    all
}

pub(super) fn store(coord: &Coord, pending: &Pending) {
    local::store(&file(coord, pending.asked.id), pending);
}

pub(super) fn forget(coord: &Coord, id: OpId) {
    let _ = std::fs::remove_file(file(coord, id));
}
