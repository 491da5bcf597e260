//! Records that come along with a clone: where nothing stands, where what stands is what both chains
//! once had, and nowhere else.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::agent::{AGENTS, CHECKPOINTS};
use crate::model::handoff::HANDOFFS;
use crate::model::id::Actor;
use crate::model::limits::{BATCH_MAX, RECORD_BYTES_MAX};
use crate::model::memory::MEMORY;
use crate::model::message::MESSAGES;
use crate::model::place::Place;
use crate::model::record::Damage;
use crate::model::refusal::Refusal;
use crate::model::request::Brought;
use crate::model::stored::Head;
use crate::model::task::{COMMENTS, ENDED, OPEN};
use crate::model::time::Timestamp;
use crate::model::value::VALUES;

use super::super::belongs;
use super::super::decide::Desk;
use super::super::staged::State;

/// The directories that come along. Who waits asks again, notices are about locks of a chain that
/// nobody follows any more, and whom the others trust is theirs to say.
pub const BROUGHT: &[&str] = &[
    OPEN,
    ENDED,
    COMMENTS,
    MESSAGES,
    HANDOFFS,
    MEMORY,
    VALUES,
    AGENTS,
    CHECKPOINTS,
];
/// Those that a session writes of itself: of two, the newer one is true.
const NEWEST: &[&str] = &[AGENTS, CHECKPOINTS];

/// Something that both chains have under one name, and that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Collision {
    /// What it is: `task`, `value`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Who wrote last what this clone has, and when.
    pub ours: Wrote,
    /// The same of what is there.
    pub theirs: Wrote,
}

/// Who wrote a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wrote {
    /// Who.
    pub by: Actor,
    /// When, by the writer's clock.
    pub at: Timestamp,
}

impl Wrote {
    fn of(head: Head) -> Self {
        Self {
            by: head.by,
            at: head.at,
        }
    }
}

/// What becomes of one record.
enum Fate {
    /// It is written, in the stead of what stands at the other place that it may have.
    Written(Option<Place>),
    /// It is there already, or what is there is newer.
    Known,
    Collides(Box<Collision>),
}

/// The word for a kind of record, as people read it.
fn kind(place: &Place) -> &'static str {
    match place.as_str().split('/').next().unwrap_or_default() {
        "tasks" => "task",
        COMMENTS => "comment",
        MESSAGES => "message",
        HANDOFFS => "handoff",
        MEMORY => "memory",
        VALUES => "value",
        AGENTS => "session",
        CHECKPOINTS => "checkpoints",
        _ => "record",
    }
}

/// What is in the way of a record, if something is.
///
/// # Errors
/// When it is no record that can come along, or what stands there cannot be read.
pub fn collision(state: &dyn State, brought: &Brought) -> Result<Option<Collision>, Refusal> {
    let (place, _) = read(brought)?;
    Ok(match fate(state, &place, brought)? {
        Fate::Collides(collision) => Some(*collision),
        Fate::Written(_) | Fate::Known => None,
    })
}

/// Writes all of them, or refuses. Returns how many of each kind are new here.
pub(super) fn decide(
    desk: &mut Desk<'_>,
    records: &[Brought],
) -> Result<BTreeMap<String, usize>, Refusal> {
    if records.len() > BATCH_MAX {
        return Err(Refusal::Limit {
            what: "records to adopt at once".into(),
            most: BATCH_MAX,
        });
    }
    let rev = desk.staged.next_rev();
    let mut counts = BTreeMap::new();
    for brought in records {
        let (place, mut record) = read(brought)?;
        let instead = match fate(&desk.staged, &place, brought)? {
            Fate::Known => continue,
            Fate::Written(instead) => instead,
            Fate::Collides(collision) => {
                return Err(Refusal::Exists {
                    what: collision.kind,
                    name: collision.name,
                });
            }
        };
        if let Some(instead) = instead {
            desk.staged.remove(&instead);
        }
        // A number of this chain, which is what `cas` and those who watch compare with.
        record.insert("rev".into(), rev.into());
        desk.staged.bring(&place, bytes(&place, &record.into())?);
        *counts.entry(kind(&place).to_owned()).or_default() += 1;
    }
    Ok(counts)
}

/// The place and the fields of a record that may come along.
fn read(brought: &Brought) -> Result<(Place, serde_json::Map<String, Value>), Refusal> {
    let is_below = |dir: &&str| {
        let rest = brought.place.strip_prefix(*dir);
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let place = Place::new(&brought.place).ok();
    let place = place.filter(|_| BROUGHT.iter().any(is_below));
    let (Some(place), Value::Object(record)) = (place, &brought.record) else {
        let what = format!("`{}` is nothing that can be taken along", brought.place);
        return Err(Refusal::NotAllowed { what });
    };
    let bytes = bytes(&place, &brought.record)?;
    match belongs::check(&place, &bytes) {
        Some(Ok(())) => Ok((place, record.clone())),
        Some(Err(damage)) => Err(damage.into()),
        None => Err(Damage::new(&place, "nothing is known of this place").into()),
    }
}

fn bytes(place: &Place, record: &Value) -> Result<Vec<u8>, Refusal> {
    let bytes = serde_json::to_vec(record).map_err(|why| Damage::new(place, why))?;
    if bytes.len() >= RECORD_BYTES_MAX {
        return Err(Refusal::Limit {
            what: format!("bytes in {place}"),
            most: RECORD_BYTES_MAX,
        });
    }
    Ok([&bytes[..], b"\n"].concat())
}

fn head(place: &Place, bytes: &[u8]) -> Result<Head, Damage> {
    serde_json::from_slice(bytes).map_err(|why| Damage::new(place, why))
}

fn fate(state: &dyn State, place: &Place, brought: &Brought) -> Result<Fate, Refusal> {
    let ours = head(place, &bytes(place, &brought.record)?)?;
    let mut found = None;
    for at in [Some(place.clone()), twin(place)].into_iter().flatten() {
        if let Some(bytes) = state.get(&at)? {
            found = Some((head(&at, &bytes)?, at));
            break;
        }
    }
    let Some((theirs, at)) = found else {
        return Ok(Fate::Written(None));
    };
    if theirs.op == ours.op {
        return Ok(Fate::Known);
    }
    let instead = (at != *place).then_some(at);
    if Some(theirs.op) == brought.replaces {
        return Ok(Fate::Written(instead));
    }
    let dir = place.as_str().split('/').next().unwrap_or_default();
    if NEWEST.contains(&dir) {
        return Ok(match ours.at > theirs.at {
            true => Fate::Written(instead),
            false => Fate::Known,
        });
    }
    let named = ["id", "name"].iter();
    let mut named = named.filter_map(|field| brought.record.get(field)?.as_str());
    Ok(Fate::Collides(Box::new(Collision {
        kind: kind(place).into(),
        name: named.next().unwrap_or(place.as_str()).to_owned(),
        ours: Wrote::of(ours),
        theirs: Wrote::of(theirs),
    })))
}

/// The other place of a task: it is open, or it is over.
pub fn twin(place: &Place) -> Option<Place> {
    let of = |from: &str, to: &str| {
        let rest = place.as_str().strip_prefix(from)?.strip_prefix('/')?;
        Place::new(&format!("{to}/{rest}")).ok()
    };
    of(OPEN, ENDED).or_else(|| of(ENDED, OPEN))
}
