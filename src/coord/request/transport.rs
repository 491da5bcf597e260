//! Whether this clone may push the state, or only branches that a relay reads.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::env;
use crate::model::object_id::ObjectId;
use crate::model::time::Timestamp;
use crate::store::{Backend, Commit, NewObject, ObjectKind, Person, Pushed, RefSwap};

use super::super::relay::STATE_BRANCH;
use super::super::{Coord, Failure, Settings, local};

/// What was found out about the remote.
const FILE: &str = "transport.json";

/// How this clone's changes reach the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// It pushes them.
    #[default]
    Direct,
    /// It asks for them on a branch.
    Branch,
    /// It finds out which of the two.
    Auto,
}

/// What was found out about one remote. Without it, it is found out again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Finding {
    /// The remote.
    pub remote: String,
    /// Its own words when it refused the state's place, and when that was.
    pub no_state: Option<(String, Option<Timestamp>)>,
    /// Its own words when it refused a branch for requests.
    pub no_request_branch: Option<String>,
}

impl Finding {
    fn load(dir: &Path, remote: &str) -> Self {
        let found: Self = local::load(&dir.join(FILE));
        match found.remote == remote {
            true => found,
            false => Self {
                remote: remote.to_owned(),
                ..Self::default()
            },
        }
    }
}

/// Whether changes go by a branch, by the settings and by what was found out.
pub(in crate::coord) fn is_by_branch(settings: &Settings, coord_dir: &Path) -> bool {
    let Some(remote) = &settings.remote else {
        return false;
    };
    match settings.transport {
        Transport::Direct => false,
        Transport::Branch => true,
        // One small file, and only where somebody asks for it.
        Transport::Auto => Finding::load(coord_dir, remote).no_state.is_some(),
    }
}

impl Coord {
    /// What was found out about the remote that decides.
    pub fn transport_finding(&self) -> Option<Finding> {
        let remote = self.settings.remote.as_deref()?;
        Some(Finding::load(&self.repo.coord_dir(), remote))
    }

    /// Forgets what was found out, so that it is found out again.
    pub fn forget_transport(&self) {
        let _ = std::fs::remove_file(self.repo.coord_dir().join(FILE));
    }

    pub(super) fn find_no_request_branch(&self, remote: &str, why: &str) {
        let dir = self.repo.coord_dir();
        let mut found = Finding::load(&dir, remote);
        found.no_request_branch = Some(why.to_owned());
        local::store(&dir.join(FILE), &found);
    }
}

/// Finds out whether it is the place that a remote refuses, after it refused a change: a scratch ref
/// beside the state is pushed, which no rule about records, and no rival, is against. When that is
/// refused too, and a relay publishes the state as a branch, it is remembered, with the remote's own
/// words.
pub(in crate::coord) fn probe(coord: &Coord, why: &Failure) -> Result<bool, Failure> {
    let Some(remote) = coord.settings.remote.clone() else {
        return Ok(false);
    };
    let words = match why {
        // A proxy that refuses a push by the answer to its first request is not even a git server.
        Failure::Rejected { why, .. } | Failure::Unreachable { why, .. } => why.clone(),
        _ => return Ok(false),
    };
    let _guard = coord.repo.lock(coord.settings.timeout)?;
    // What cannot be fetched either is no network, and no rule.
    let mirror = format!("refs/heads/{STATE_BRANCH}");
    let Ok(Some(_)) = coord.repo.fetch(&remote, &mirror) else {
        return Ok(false);
    };
    let state = &coord.settings.remote_ref;
    let folder = state
        .rsplit_once('/')
        .map_or(state.as_str(), |(dir, _)| dir);
    let name = format!(
        "{folder}/probe/{}",
        env::fresh_op().to_string().to_ascii_lowercase()
    );
    let new = scratch(coord)?;
    let swap = RefSwap {
        name: name.clone(),
        old: None,
        new,
    };
    match coord.repo.push(&remote, &[swap])? {
        Pushed::Rejected(_) | Pushed::Unreached(_) => {}
        Pushed::Moved => {
            // The place is open; what was refused was refused for another reason.
            let _ = coord.repo.delete_there(&remote, &[(name, new)]);
            return Ok(false);
        }
        Pushed::Unknown(_) | Pushed::Lacks(_) => return Ok(false),
    }
    let dir = coord.repo.coord_dir();
    let mut found = Finding::load(&dir, &remote);
    found.no_state = Some((words, Some(env::now())));
    local::store(&dir.join(FILE), &found);
    Ok(true)
}

/// A commit that means nothing.
fn scratch(coord: &Coord) -> Result<ObjectId, Failure> {
    let hash = coord.repo.hash();
    let tree = NewObject::new(hash, ObjectKind::Tree, Vec::new());
    let person = Person::new("git-coord", "probe@git-coord.invalid");
    let commit = Commit {
        tree: tree.id,
        parent: None,
        author: person.clone(),
        committer: person,
        at: env::now().utc(),
        signed: false,
        message: "probe\n\nMay be deleted.\n".into(),
    };
    let commit = NewObject::new(hash, ObjectKind::Commit, commit.to_bytes());
    let id = commit.id;
    coord.repo.write(&[tree, commit])?;
    Ok(id)
}
