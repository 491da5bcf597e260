//! Recalling memories: the index beside the repository, brought up to date with the state, and
//! asked.
//!
//! The index has what ranking needs of each memory, one portion for each of the directories that
//! memories are spread over. A portion is known by the id of that directory's tree, so after a change
//! only the portions that it touched are read again. Deleting the file loses nothing.

mod index;

use std::path::Path;

use crate::domain::memory::rank::{Question, rank};
use crate::domain::{State, memory};
use crate::model::memory::{MEMORY, Memory, MemoryRecord};
use crate::model::place::Place;

use super::view::View;
use super::{Coord, Failure, local};
use index::{Index, Portion};

/// The file of the index.
const FILE: &str = "memory.index";

/// A memory with how well it answers.
#[derive(Clone, Debug)]
pub struct Recalled {
    /// The memory.
    pub memory: MemoryRecord,
    /// How well it answers.
    pub score: f64,
}

impl Coord {
    /// The memories of a state that answer a question best.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn recall(
        &self,
        view: &View<'_>,
        question: &Question,
        min: f64,
        limit: usize,
    ) -> Result<Vec<Recalled>, Failure> {
        let file = self.repo.coord_dir().join(FILE);
        let Some(index) = up_to_date(view, &file)? else {
            return Ok(Vec::new());
        };
        let (ids, entries) = index.entries();
        let mut found = Vec::new();
        for (at, score) in rank(&entries, question, min, limit) {
            let Ok(id) = ids[at].parse() else {
                continue;
            };
            if let Some(memory) = memory::get(view, &id)? {
                found.push(Recalled { memory, score });
            }
        }
        Ok(found)
    }

    /// Counts that memories were recalled, for the session's next change.
    pub fn count_uses(&self, recalled: &[Recalled]) {
        if recalled.is_empty() {
            return;
        }
        self.sessions().update(self.actor(), |session| {
            for one in recalled {
                let uses = session.uses.entry(one.memory.id.clone()).or_default();
                *uses = uses.saturating_add(1);
            }
        });
    }
}

/// The index of a state's memories; none when there are no memories.
fn up_to_date(view: &View<'_>, file: &Path) -> Result<Option<Index>, Failure> {
    let Some(listing) = view.snapshot().list(MEMORY)? else {
        return Ok(None);
    };
    let known = std::fs::read(file).ok().and_then(Index::read);
    let known = match known {
        Some(index) if index.tree() == listing.id.to_string() => return Ok(Some(index)),
        other => other,
    };
    let mut portions = Vec::new();
    for (name, is_tree, id) in &listing.entries {
        if !is_tree {
            continue;
        }
        let tree = id.to_string();
        let kept = known.as_ref().and_then(|index| index.portion(&tree));
        portions.push(match kept {
            Some(bytes) => Portion::kept(tree, bytes),
            None => Portion::of(tree, &memories(view, &format!("{MEMORY}/{name}"))?),
        });
    }
    let index = Index::new(&listing.id.to_string(), portions);
    // Without the file the next question takes longer, and that is all.
    let _ = local::replace(file, index.bytes());
    Ok(Some(index))
}

/// The memories of one directory. One that is damaged is for `doctor`, and no answer to anything.
fn memories(view: &View<'_>, dir: &str) -> Result<Vec<MemoryRecord>, Failure> {
    let mut memories = Vec::new();
    for (place, bytes) in view.under(dir)? {
        let memory = bytes.and_then(|bytes| memory::read(&place, &bytes));
        memories.extend(memory.ok());
    }
    Ok(memories)
}

/// The ids of all memories that begin so.
///
/// # Errors
/// When the state cannot be read.
pub fn ids(view: &View<'_>) -> Result<Vec<crate::model::id::Id>, Failure> {
    let places = view.snapshot().places(MEMORY)?.into_iter();
    let id = |place: &Place| -> Option<crate::model::id::Id> {
        let name = place.as_str().rsplit('/').next()?.strip_suffix(".json")?;
        let id = name.parse().ok()?;
        (Memory::place(&id) == *place).then_some(id)
    };
    Ok(places.filter_map(|(place, _)| id(&place)).collect())
}
