//! After a tool has written: what was changed is noted, and the session stays alive.

use crate::coord::Failure;
use crate::env;
use crate::ops::msg::Moment;
use crate::ops::renew::due;

use super::background::{self, Job};
use super::contract::{Answer, Kind};
use super::edit::Act;
use super::shell::Write;
use super::{Here, guard, place, prompt};

/// Most changed paths that one call notes.
const NOTED_MAX: usize = 50;

pub(super) fn answer(here: &Here<'_>, act: &Act) -> Result<Answer, Failure> {
    let coord = here.coord();
    if !coord.is_used()? {
        return Ok(Answer::Nothing);
    }
    let mut writes = guard::writes(&here.context.dir, act);
    // What git changed is no work of the session's.
    writes.retain(|write| !matches!(write, Write::Git(_)));
    writes.truncate(NOTED_MAX);
    if !writes.is_empty() {
        let touched = place::keys(&here.context, &writes)?;
        coord.sessions().update(coord.actor(), |session| {
            touched.into_iter().for_each(|key| session.touch(key));
        });
    }
    keep(here)?;
    if here.program.listens(&here.call.event, Kind::After) {
        return prompt::said(here, Moment::Committed);
    }
    Ok(Answer::Nothing)
}

/// Renews what is past half of its lease, and shows the session when it was quiet for long.
pub(super) fn keep(here: &Here<'_>) -> Result<(), Failure> {
    let coord = here.coord();
    if background::is_quiet(coord) || !due(coord, env::now())?.is_empty() {
        background::hand(coord, here.program, None, Job::Keep)?;
    }
    Ok(())
}
