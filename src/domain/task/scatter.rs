//! Several try the same thing, and the first that is done wins.

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::refusal::Refusal;
use crate::model::task::{Stage, Task};

use super::super::decide::Desk;
use super::{find, over, text};

/// What became of the others.
pub(super) struct Beaten {
    /// Those that are cancelled now.
    pub(super) ended: Vec<(Id, Stage)>,
    /// Locks of the actor that were given back with them.
    pub(super) released: Vec<Key>,
}

/// Cancels the rivals of a task that is done. Whoever is at one of them is told, and loses its claim
/// and the locks that were taken for it. What is over already stays as it is.
pub(super) fn beat(desk: &mut Desk<'_>, winner: &Task) -> Result<Beaten, Refusal> {
    let mut beaten = Beaten {
        ended: Vec::new(),
        released: Vec::new(),
    };
    for id in &winner.rivals {
        // Damage to another task must not keep anybody from ending this one.
        let Ok(Some(task)) = find::get(&desk.staged, id) else {
            continue;
        };
        if task.stage.is_over() || *id == winner.id {
            continue;
        }
        let why = text(format!("{} was done first", winner.id));
        beaten
            .released
            .extend(over::revoke(desk, &task, false, why.as_ref())?);
        over::end(desk, task, Stage::Cancelled, |task| task.why = why)?;
        beaten.ended.push((id.clone(), Stage::Cancelled));
    }
    Ok(beaten)
}
