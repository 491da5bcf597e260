//! What a session leaves for whoever goes on: the last few checkpoints of each.

use crate::model::agent::{Checkpoints, CheckpointsRecord, Did, Point, Save, Told};
use crate::model::id::Actor;
use crate::model::limits::LIST_MAX;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::super::staged::State;
use super::present::{get as session_of, name};

/// Most checkpoints of one session; fewer when they are long.
const POINTS_MAX: usize = 5;
/// Most next steps.
const NEXT_MAX: usize = 32;

/// The checkpoints of a session.
///
/// # Errors
/// When what stands there cannot be read, or is another's.
pub fn get(state: &dyn State, of: &Actor) -> Result<Option<CheckpointsRecord>, Damage> {
    let place = Checkpoints::place(of);
    let Some(bytes) = state.get(&place)? else {
        return Ok(None);
    };
    let found: CheckpointsRecord = record::parse(&place, &bytes)?;
    if found.of != *of {
        let why = format!("it is of {}, and belongs elsewhere", found.of);
        return Err(Damage::new(&place, why));
    }
    Ok(Some(found))
}

pub(super) fn save(desk: &mut Desk<'_>, ask: &Save) -> Result<Decided, Refusal> {
    let notes = ask.notes.iter().map(|notes| ("--notes", notes.as_str()));
    let next = ask.next.iter().map(|step| ("--next", step.as_str()));
    secret::check(notes.chain(next), &ask.allow_secrets)?;
    for (what, count, most) in [
        ("next steps", ask.next.len(), NEXT_MAX),
        ("files of a checkpoint", ask.files.len(), LIST_MAX),
    ] {
        if count > most {
            return Err(Refusal::Limit {
                what: what.into(),
                most,
            });
        }
    }
    let me = desk.me().clone();
    let said = session_of(&desk.staged, &me)?.map(|session| session.body);
    let said_task = said.as_ref().and_then(|said| said.task.clone());
    let said_files = said.as_ref().map(|said| said.files.clone());
    let here = desk.stamp.here.as_ref();
    let branch = here.and_then(|here| here.branch.clone());
    let point = Point {
        at: desk.stamp.at,
        task: ask.task.clone().or(said_task),
        branch: branch.or_else(|| said.and_then(|said| said.place.branch)),
        files: match ask.files.as_slice() {
            [] => said_files.unwrap_or_default(),
            files => files.to_vec(),
        },
        notes: ask.notes.clone(),
        next: ask.next.clone(),
        from: None,
    };
    desk.has_written_here |= here.is_some();
    add(desk, point.clone())?;
    let task = point.task.as_ref().map(|task| format!(" of {task}"));
    let subject = format!(
        "agent checkpoint{} by {}",
        task.unwrap_or_default(),
        name(&me)
    );
    let told = Told {
        task: point.task.clone(),
        point: Some(point),
        ..Told::new(Did::Saved, Some(me))
    };
    Ok(Decided::change(Reply::Agent(Box::new(told)), subject))
}

/// Adds a checkpoint to the actor's own. The oldest make room, also when the record is full.
pub(super) fn add(desk: &mut Desk<'_>, point: Point) -> Result<(), Refusal> {
    let me = desk.me().clone();
    let mut points = get(&desk.staged, &me)?.map_or_else(Vec::new, |found| found.body.points);
    points.push(point);
    let surplus = points.len().saturating_sub(POINTS_MAX);
    points.drain(..surplus);
    let place = Checkpoints::place(&me);
    loop {
        let body = Checkpoints {
            of: me.clone(),
            points: points.clone(),
            taken: None,
        };
        let record = Stored::new(desk.stamp, desk.staged.next_rev(), body);
        match desk.staged.put(&place, &record) {
            Err(Refusal::Limit { .. }) if points.len() > 1 => {
                points.remove(0);
            }
            other => return other,
        }
    }
}
