//! Finding the records of the merge queue.

use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{
    CheckId, Entry, EntryRecord, Line, LineRecord, Standing, Verdict, VerdictRecord,
};
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;

use super::super::staged::State;

/// The entry of this name.
///
/// # Errors
/// When what stands there cannot be read, or is another entry.
pub fn get(state: &dyn State, target: &Branch, id: &Id) -> Result<Option<EntryRecord>, Damage> {
    let place = Entry::place(target, id);
    let Some(bytes) = state.get(&place)? else {
        return Ok(None);
    };
    let entry: EntryRecord = record::parse(&place, &bytes)?;
    if entry.id != *id || entry.target != *target {
        let why = format!(
            "it is `{}` for `{}`, which belongs elsewhere",
            entry.id, entry.target
        );
        return Err(Damage::new(&place, why));
    }
    Ok(Some(entry))
}

/// The entry of this name, which has to be there.
///
/// # Errors
/// [`Refusal::NotFound`], or damage.
pub fn expect(state: &dyn State, target: &Branch, id: &Id) -> Result<EntryRecord, Refusal> {
    get(state, target, id)?.ok_or_else(|| Refusal::NotFound {
        what: "queue entry".into(),
        name: id.to_string(),
    })
}

/// All entries of a target, whether they are over or not, in the order of their names; and what
/// cannot be read.
///
/// # Errors
/// When the directory itself cannot be read.
pub fn all(state: &dyn State, target: &Branch) -> Result<(Vec<EntryRecord>, Vec<Damage>), Damage> {
    let (mut entries, mut damaged) = (Vec::new(), Vec::new());
    for (place, bytes) in state.under(&Entry::dir(target))? {
        let read = bytes.and_then(|bytes| {
            let entry: EntryRecord = record::parse(&place, &bytes)?;
            if Entry::place(&entry.target, &entry.id) == place {
                Ok(entry)
            } else {
                Err(Damage::new(&place, "it is another entry's"))
            }
        });
        match read {
            Ok(entry) => entries.push(entry),
            Err(damage) => damaged.push(damage),
        }
    }
    Ok((entries, damaged))
}

/// The line of a target; a new one where there is none yet.
///
/// # Errors
/// When what stands there cannot be read.
pub fn line(state: &dyn State, target: &Branch) -> Result<Line, Damage> {
    let place = Line::place(target);
    let Some(bytes) = state.get(&place)? else {
        return Ok(Line::new(target.clone()));
    };
    let line: LineRecord = record::parse(&place, &bytes)?;
    if line.target != *target {
        let why = format!("it is the line of `{}`", line.target);
        return Err(Damage::new(&place, why));
    }
    Ok(line.body)
}

/// What is known about a tree by a check.
///
/// # Errors
/// When what stands there cannot be read, or is about another tree.
pub fn verdict(
    state: &dyn State,
    tree: &ObjectId,
    check: &CheckId,
) -> Result<Option<VerdictRecord>, Damage> {
    let place = Verdict::place(tree, check);
    let Some(bytes) = state.get(&place)? else {
        return Ok(None);
    };
    let verdict: VerdictRecord = record::parse(&place, &bytes)?;
    if verdict.tree != *tree || verdict.check != *check {
        return Err(Damage::new(&place, "it is about another tree or check"));
    }
    Ok(Some(verdict))
}

/// What the runs of a check on a tree come to.
///
/// # Errors
/// As [`verdict`].
pub fn standing(state: &dyn State, tree: &ObjectId, check: &CheckId) -> Result<Standing, Damage> {
    Ok(verdict(state, tree, check)?.map_or(Standing::Unknown, |verdict| verdict.standing()))
}
