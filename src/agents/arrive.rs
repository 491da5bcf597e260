//! A session begins, or has lost what it was told.

use crate::coord::Failure;

use super::background::{self, Job};
use super::contract::{Answer, Beginning};
use super::{Here, env_file, prompt, summary, wired};

pub(super) fn answer(here: &Here<'_>) -> Result<Answer, Failure> {
    let coord = here.coord();
    if let Some(session) = &here.call.session {
        env_file::tell(coord.actor(), session);
    }
    if !coord.is_used()? && !wired::is_wanted(here) {
        return Ok(Answer::Nothing);
    }
    let is_again = here.call.beginning == Beginning::Again;
    if !is_again || background::is_quiet(coord) {
        let model = here.call.model.as_deref();
        // Its first change says so as well.
        let _ = background::hand(coord, here.program, model, Job::Arrive);
    }
    background::refresh(coord);
    let offer = prompt::offer(here);
    Ok(Answer::Context(summary::of(here, offer)?))
}
