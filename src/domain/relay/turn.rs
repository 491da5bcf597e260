//! Requests that are not decided: commits that were turned down, and what the asker took back.

use crate::domain::State;
use crate::domain::decide::{Decided, Desk};
use crate::model::id::OpId;
use crate::model::record;
use crate::model::refusal::Refusal;
use crate::model::relay::{
    Answered, Did, Outcome, TURNED_DOWN, TURNED_DOWN_MAX, Told, TurnedDown, TurnedDownRecord,
};
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::{answer, not_allowed, turned_down};

/// Turns a commit down for good, unless it has its answer. The oldest that were turned down make room.
pub(super) fn down(desk: &mut Desk<'_>, wanted: &TurnedDown) -> Result<Decided, Refusal> {
    let told = Told {
        did: Did::TurnedDown,
        id: wanted.id,
        result: None,
    };
    let unchanged = |told| Decided {
        reply: Reply::Relay(Box::new(told)),
        subject: String::new(),
        is_change: false,
    };
    if turned_down(&desk.staged, &wanted.commit)?.is_some() {
        return Ok(unchanged(told));
    }
    if let (Some(agent), Some(id)) = (&wanted.agent, wanted.id)
        && let Some(found) = answer(&desk.staged, agent, id)?
        && found.commit == Some(wanted.commit)
    {
        let result = Some(found.body.result);
        return Ok(unchanged(Told { result, ..told }));
    }
    let found = desk.staged.under(TURNED_DOWN)?.into_iter();
    let mut all: Vec<(u64, _)> = found
        .filter_map(|(place, bytes)| {
            let record: TurnedDownRecord = record::parse(&place, &bytes.ok()?).ok()?;
            Some((record.head.rev, place))
        })
        .collect();
    all.sort();
    let surplus = (all.len() + 1).saturating_sub(TURNED_DOWN_MAX);
    for (_, place) in all.drain(..surplus) {
        desk.staged.remove(&place);
    }
    let record = Stored::new(desk.stamp, desk.staged.next_rev(), wanted.clone());
    desk.staged
        .put(&TurnedDown::place(&wanted.commit), &record)?;
    let subject = format!(
        "request {} turned down by {}: {}",
        wanted.commit.short(),
        desk.me().agent,
        wanted.why.as_str()
    );
    Ok(Decided::change(Reply::Relay(Box::new(told)), subject))
}

/// Takes a request of one's own back that nobody has decided: its answer is that.
pub(super) fn cancel(desk: &mut Desk<'_>, id: OpId) -> Result<Decided, Refusal> {
    let agent = desk.me().agent.clone();
    if let Some(found) = answer(&desk.staged, &agent, id)? {
        return Err(Refusal::WrongState {
            what: "request".into(),
            name: id.to_string(),
            is: match found.body.result {
                Outcome::Granted { .. } => "granted",
                Outcome::Refused { .. } => "refused",
                Outcome::Cancelled {} => "cancelled",
            }
            .into(),
            needs: "one that waits".into(),
        });
    }
    if id == desk.stamp.op {
        return Err(not_allowed("a request cannot take itself back"));
    }
    let body = Answered {
        id,
        what: "taken back"
            .parse()
            .map_err(|_| not_allowed("a request without words"))?,
        asked_at: desk.stamp.at,
        branch: None,
        commit: None,
        page: None,
        event: None,
        result: Outcome::Cancelled {},
        notices: Vec::new(),
    };
    let record = Stored::new(desk.stamp, desk.staged.next_rev(), body);
    desk.staged.put(&Answered::place(&agent, id), &record)?;
    let told = Told {
        did: Did::Cancelled,
        id: Some(id),
        result: Some(Outcome::Cancelled {}),
    };
    let subject = format!("request {id} taken back by {agent}");
    Ok(Decided::change(Reply::Relay(Box::new(told)), subject))
}
