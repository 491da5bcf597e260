//! Stopping a line, and letting it go on.

use std::collections::BTreeSet;

use crate::model::queue::{Did, Pause, Paused, Told};
use crate::model::refusal::Refusal;

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::{change, find};

/// Anybody may stop a line; it goes on by who stopped it, or with trust 3.
pub(super) fn decide(desk: &mut Desk<'_>, ask: &Pause) -> Result<Decided, Refusal> {
    let why = ask.why.iter().map(|why| ("why", why.as_str()));
    secret::check(why, &BTreeSet::new())?;
    let mut line = find::line(&desk.staged, &ask.target)?;
    let me = desk.me().clone();
    let (did, word) = match &ask.why {
        Some(_) => (Did::Paused, "pause"),
        None => (Did::Resumed, "resume"),
    };
    if let Some(paused) = &line.paused {
        let may = paused.by.agent == me.agent || desk.may_decide()?;
        if !may {
            return Err(Refusal::NotYours {
                what: "pause of the line".into(),
                name: ask.target.to_string(),
                owner: paused.by.clone(),
            });
        }
    }
    let paused = ask.why.clone().map(|why| Paused {
        by: me.clone(),
        at: desk.stamp.at,
        why,
    });
    let is_change = paused.is_some() || line.paused.is_some();
    line.paused = paused;
    let mut told = Told::new(did, Vec::new());
    if is_change {
        told.line = Some(desk.put_line(line)?);
    }
    Ok(Decided {
        is_change,
        ..change(told, format!("queue {word} {} by {}", ask.target, me.agent))
    })
}
