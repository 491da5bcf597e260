//! Leaving work for somebody else.

use crate::model::handoff::{Did, Handoff, Told, Write};
use crate::model::limits::{KEYS_MAX, LIST_MAX};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::super::{locks, secret};
use super::find;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Write) -> Result<Decided, Refusal> {
    secret::check(ask.content.texts(), &ask.allow_secrets)?;
    if ask.content.longest_list() > LIST_MAX {
        return Err(Refusal::Limit {
            what: "items in one list of a handoff".into(),
            most: LIST_MAX,
        });
    }
    let me = desk.me().clone();
    let mut held = Vec::new();
    if !ask.keep_locks {
        let (all, _) = locks::all(&desk.staged)?;
        let own = all
            .into_iter()
            .filter(|lock| lock.holds.iter().any(|hold| hold.is_of(&me)));
        held.extend(own.map(|lock| lock.key));
    }
    if held.len() > KEYS_MAX {
        return Err(Refusal::Limit {
            what: "locks that one handoff offers".into(),
            most: KEYS_MAX,
        });
    }
    let id = desk.fresh_id(&mut 0, |id| Ok(find::get(&desk.staged, id)?.is_some()))?;
    let rev = desk.staged.next_rev();
    let body = Handoff {
        id: id.clone(),
        content: ask.content.clone(),
        from: me.clone(),
        written_rev: rev,
        written_at: desk.stamp.at,
        locks: held,
        accepted: None,
    };
    let handoff = Stored::new(desk.stamp, rev, body);
    desk.staged.put(&Handoff::place(&id), &handoff)?;
    let to = ask.content.to.as_ref();
    let to = to.map(|to| format!(" for {to}")).unwrap_or_default();
    let title = ask.content.title();
    let subject = format!("handoff write {id} by {}{to}: {title}", me.agent);
    let told = Told {
        did: Did::Written,
        handoff,
        locks: Vec::new(),
        gone: Vec::new(),
        tasks: Vec::new(),
    };
    Ok(Decided::change(Reply::Handoff(Box::new(told)), subject))
}
