//! A plan as a commit of the chain.

use crate::domain::Plan;
use crate::env;
use crate::model::agent::Whereabouts;
use crate::model::event::{Event, RULES, Refused};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::record::VERSION;
use crate::model::request::Request;
use crate::model::stamp::Stamp;
use crate::model::time::Timestamp;
use crate::store::{Commit, Draft, EpochLink, Error, Person};

use super::Coord;

/// Adds the plan to the draft as one commit.
pub(super) fn add(
    coord: &Coord,
    draft: &mut Draft<'_>,
    request: &Request,
    stamp: &Stamp,
    plan: &Plan,
    refused: &[Refused],
    rev: u64,
) -> Result<ObjectId, Error> {
    let event = Event {
        v: VERSION,
        rules: RULES,
        op: stamp.op,
        rev,
        at: stamp.at,
        by: stamp.by.clone(),
        request: request.clone(),
        evidence: plan.evidence.clone(),
        also: plan.also.clone(),
        refused: refused.to_vec(),
        here: plan.here.clone(),
    };
    // A new epoch is a chain of its own that names the one it continues.
    let link = match (request, draft.snapshot().tip()) {
        (Request::Compact(_), Some(tip)) => Some(EpochLink {
            closed: closed_epoch(plan),
            tip,
        }),
        _ => None,
    };
    let trailer = link.as_ref().map(EpochLink::trailer);
    let message = event
        .message(&plan.subject, trailer.as_deref())
        .map_err(|why| Error::damaged("the event of this operation", why.to_string()))?;
    let author = person(&stamp.by);
    let committer = committer(coord, &author);
    let about = |tree, parent: Option<ObjectId>| Commit {
        tree,
        parent: parent.filter(|_| link.is_none()),
        author,
        committer,
        at: stamp.at.utc(),
        signed: false,
        message,
    };
    draft.commit(&plan.edits, about, coord.settings.sign)
}

fn closed_epoch(plan: &Plan) -> u64 {
    match plan.reply {
        crate::model::reply::Reply::Compacted { epoch } => epoch - 1,
        _ => 0,
    }
}

/// The author of a state: the agent, with its session where git keeps an address.
pub(super) fn person(actor: &Actor) -> Person {
    Person::new(
        actor.agent.as_str(),
        &format!("{}@session.invalid", actor.session),
    )
}

/// The committer: the person whose git this is, as for every commit.
fn committer(coord: &Coord, author: &Person) -> Person {
    let config = coord.repo.config();
    let setting =
        |var: &str, key: &str| env::var(var).or_else(|| config.get(key).map(str::to_owned));
    let name = setting("GIT_COMMITTER_NAME", "user.name");
    let email = setting("GIT_COMMITTER_EMAIL", "user.email");
    match (name, email) {
        (Some(name), Some(email)) => Person::new(&name, &email),
        _ => author.clone(),
    }
}

/// One operation on its way through this clone.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Job {
    pub(super) op: crate::model::id::OpId,
    /// The state when the request was made. Whoever carries it looks behind this one for what an
    /// earlier carrier may have published before it died.
    pub(super) seen: Option<ObjectId>,
    pub(super) at: Timestamp,
    pub(super) by: Actor,
    pub(super) request: Request,
    /// Own locks that may need renewal.
    pub(super) also: Vec<Key>,
    pub(super) refused: Vec<Refused>,
    /// Where the session acts, when it is time to say so again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) here: Option<Whereabouts>,
}
