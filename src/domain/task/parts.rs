//! What an epic waits for: its parts, as other tasks wait for what they depend on.

use std::collections::{HashMap, HashSet};

use crate::model::id::Id;
use crate::model::task::EPIC;

use super::board::{Board, Brief, Open};

/// Who is part of what and who waits for whom, by their numbers on the board.
pub(super) struct Links {
    parts: HashMap<Id, Vec<usize>>,
    dependants: HashMap<Id, Vec<usize>>,
}

impl Links {
    fn of(board: &Board) -> Self {
        let (mut parts, mut dependants) = (HashMap::new(), HashMap::new());
        let note = |map: &mut HashMap<Id, Vec<usize>>, id: &Id, at: usize| match map.get_mut(id) {
            Some(found) => found.push(at),
            None => {
                map.insert(id.clone(), vec![at]);
            }
        };
        for (at, task) in board.tasks.iter().enumerate() {
            if let Some(parent) = &task.brief.parent {
                note(&mut parts, parent, at);
            }
            for id in task.brief.unmet() {
                note(&mut dependants, id, at);
            }
        }
        Self { parts, dependants }
    }
}

impl Board {
    /// The parts that an epic waits for: those that are not over, oldest first.
    /// None for other tasks, which can be worked on while their parts are. A part that itself waits
    /// for the epic, over however many others, does not hold it up: neither would ever be done.
    pub fn parts_to_come(&self, brief: &Brief) -> Vec<&Open> {
        if brief.sort.as_str() != EPIC {
            return Vec::new();
        }
        let links = self.links.get_or_init(|| Links::of(self));
        let Some(parts) = links.parts.get(&brief.id) else {
            return Vec::new();
        };
        let waiting = self.waiting_for(links, &brief.id);
        let parts = parts.iter().map(|at| &self.tasks[*at]);
        let mut parts: Vec<&Open> = parts
            .filter(|part| !waiting.contains(&part.brief.id))
            .collect();
        parts.sort_by_key(|part| part.brief.age());
        parts
    }

    /// Everything that waits for a task, over however many others, as a dependant or as the epic.
    fn waiting_for<'b>(&'b self, links: &'b Links, id: &'b Id) -> HashSet<&'b Id> {
        let mut found = HashSet::new();
        let mut left = vec![id];
        while let Some(at) = left.pop() {
            let next = links.dependants.get(at).into_iter().flatten();
            let next = next.map(|at| &self.tasks[*at]);
            let parent = self.get(at).and_then(|task| task.brief.parent.as_ref());
            let epic = parent.and_then(|parent| self.get(parent));
            let epic = epic.filter(|task| task.brief.sort.as_str() == EPIC);
            for task in next.chain(epic) {
                if found.insert(&task.brief.id) {
                    left.push(&task.brief.id);
                }
            }
        }
        found
    }
}
