//! Which group of tasks was served when, for the strategy that takes turns.

use crate::model::limits::LIST_MAX;
use crate::model::refusal::Refusal;
use crate::model::stored::Stored;
use crate::model::task::Turns;

use super::super::decide::Desk;
use super::board::Brief;
use super::choice::group;

/// The turns so far. What cannot be read is as none: the order suffers, and nothing else.
pub(super) fn read(desk: &Desk<'_>) -> Turns {
    let turns = desk.staged.read::<Stored<Turns>>(&Turns::place());
    turns
        .ok()
        .flatten()
        .map(|turns| turns.body)
        .unwrap_or_default()
}

/// Notes that the group of a task was served now.
pub(super) fn serve(desk: &mut Desk<'_>, mut turns: Turns, brief: &Brief) -> Result<(), Refusal> {
    let Some(group) = group(brief) else {
        return Ok(());
    };
    let rev = desk.staged.next_rev();
    turns.served.insert(group.clone(), rev);
    while turns.served.len() > LIST_MAX {
        let oldest = turns.served.iter().min_by_key(|(_, rev)| **rev);
        let Some(oldest) = oldest.map(|(group, _)| group.clone()) else {
            break;
        };
        turns.served.remove(&oldest);
    }
    let record = Stored::new(desk.stamp, rev, turns);
    match desk.staged.put(&Turns::place(), &record) {
        // Damage there stays for `doctor`, and keeps nobody from work.
        Err(Refusal::Damaged { .. }) => Ok(()),
        other => other,
    }
}
