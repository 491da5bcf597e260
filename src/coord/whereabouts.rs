//! Where a session acts, as this machine can tell, and when it is time to say so.

use crate::domain::agent::RENEW_SECS;
use crate::env;
use crate::model::agent::{Ask, Whereabouts};
use crate::model::request::Request;
use crate::model::text::{Text, Word};
use crate::model::time::Timestamp;

use super::Coord;
use super::session::Session;

/// Where the session acts, if its record is missing or old as far as its own notes say: then the
/// decision looks at the record itself. A session that has just written it costs nothing.
pub(super) fn due(
    coord: &Coord,
    request: &Request,
    session: &Session,
    at: Timestamp,
) -> Option<Whereabouts> {
    let is_asked = matches!(
        request,
        Request::Agent(
            Ask::Register(_)
                | Ask::Heartbeat {}
                | Ask::Status(_)
                | Ask::Checkpoint(_)
                | Ask::Restore(_)
        )
    );
    let is_fresh = session.present.is_some_and(|present| {
        let age = at.secs_since(present);
        u64::try_from(age).is_ok_and(|age| age < RENEW_SECS)
    });
    (is_asked || !is_fresh).then(|| here(coord, request))
}

fn here(coord: &Coord, request: &Request) -> Whereabouts {
    let named = match request {
        Request::Lock(lock) => lock.branch.clone(),
        _ => None,
    };
    let text = |text: Option<String>| text.and_then(|text| text.parse::<Text>().ok());
    let work_dir = coord.repo.layout().work_dir.as_deref();
    // The name alone: the whole path would tell others how this machine is laid out.
    let name = work_dir
        .and_then(|dir| dir.file_name())
        .map(|name| name.to_string_lossy().into_owned());
    Whereabouts {
        agent_type: coord
            .identity
            .program
            .and_then(|name| name.parse::<Word>().ok()),
        host: text(Some(env::host())),
        worktree: text(name),
        branch: named.or_else(|| text(coord.current_branch())),
    }
}
