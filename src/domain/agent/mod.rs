//! Decisions about agents and sessions.

pub mod checkpoint;
mod leave;
mod life;
mod present;
mod restore;

use crate::model::agent::Ask;
use crate::model::refusal::Refusal;
use crate::model::request::Request;

use super::decide::{Decided, Desk};
use super::trust;

pub use life::{Signs, life};
pub(super) use present::along;
pub use present::{RENEW_SECS, all, capabilities, get};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Register(register) => present::register(desk, register),
        Ask::Heartbeat {} => present::heartbeat(desk),
        Ask::Status(status) => present::status(desk, status),
        Ask::Unregister {} => leave::unregister(desk),
        Ask::Kick(kick) => leave::kick(desk, kick),
        Ask::Trust(wanted) => trust::set(desk, wanted),
        Ask::Checkpoint(checkpoint) => checkpoint::save(desk, checkpoint),
        Ask::Restore(restore) => restore::take(desk, restore),
    }
}

/// Whether a request is a sign that its session is there and goes on.
pub(super) fn shows_life(request: &Request) -> bool {
    !matches!(
        request,
        Request::Relay(_)
            | Request::Compact(_)
            | Request::Adopt(_)
            | Request::Land(_)
            | Request::Note(_)
            | Request::Agent(Ask::Unregister {})
    )
}
