//! The state as this clone last saw it, how old that is, and how it is refreshed.

use std::time::{Duration, Instant, SystemTime};

use crate::domain::State;
use crate::domain::staged::Found;
use crate::env;
use crate::model::bytes::Bytes;
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;
use crate::model::record::Damage;
use crate::store::{Advance, Backend, Error, Repo, Snapshot, contains, names};

use super::follow::{advance_to_state, follow, judge};
use super::{Coord, Failure, local, pin};

/// Touched whenever the authority confirmed what this clone has.
const FILE: &str = "confirmed";
/// How long a reader that must refresh waits for a writer of the same clone.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// One whole state with its number and its age.
pub struct View<'c> {
    snapshot: Snapshot<'c>,
    rev: u64,
    /// Since the authority last confirmed it; `None` when this clone is the authority, or when it
    /// was never confirmed.
    pub age: Option<Duration>,
}

impl<'c> View<'c> {
    /// The state at a commit of the chain.
    ///
    /// # Errors
    /// When the commit cannot be read or is none of ours.
    pub fn at(repo: &'c Repo, tip: Option<ObjectId>) -> Result<Self, Error> {
        Self::over(Snapshot::at(repo, tip)?)
    }

    pub(super) fn over(snapshot: Snapshot<'c>) -> Result<Self, Error> {
        let rev = match snapshot.commit() {
            Some(commit) => Event::rev_of(commit.body()).map_err(|why| {
                let what = snapshot.tip().map(|tip| format!("commit {tip}"));
                let why = format!("it is no state of git-coord: {why}");
                Error::damaged(what.unwrap_or_default(), why)
            })?,
            None => 0,
        };
        Ok(Self {
            snapshot,
            rev,
            age: None,
        })
    }

    /// The underlying snapshot.
    pub fn snapshot(&self) -> &Snapshot<'c> {
        &self.snapshot
    }

    /// The commit.
    pub fn tip(&self) -> Option<ObjectId> {
        self.snapshot.tip()
    }
}

impl State for View<'_> {
    fn rev(&self) -> u64 {
        self.rev
    }

    fn get(&self, place: &Place) -> Result<Option<Bytes>, Damage> {
        self.snapshot
            .get(place)
            .map_err(|why| damage(place.as_str(), &why))
    }

    fn under(&self, dir: &str) -> Result<Vec<Found>, Damage> {
        let found = self.snapshot.under(dir).map_err(|why| damage(dir, &why))?;
        let found = found.into_iter().map(|(place, bytes)| {
            let bytes = bytes.map_err(|why| damage(place.as_str(), &why));
            (place, bytes)
        });
        Ok(found.collect())
    }
}

fn damage(place: &str, why: &Error) -> Damage {
    let why = match why {
        // The place is named already.
        Error::Damaged { what, why } if what == place => why.clone(),
        other => other.to_string(),
    };
    Damage {
        place: place.to_owned(),
        why,
        is_newer: false,
    }
}

/// Opens the state, refreshed when the view is older than `age_max`.
pub(super) fn open(coord: &Coord, age_max: Option<Duration>) -> Result<View<'_>, Failure> {
    let Some(remote) = &coord.settings.remote else {
        let view = View::at(&coord.repo, trusted(coord)?)?;
        view.snapshot.set_current();
        return Ok(view);
    };
    let is_old = |age: Option<Duration>| age_max.is_some_and(|max| age.is_none_or(|age| age > max));
    if is_old(age(coord)) {
        let _guard = coord.repo.lock(LOCK_WAIT)?;
        // Another command may have refreshed it meanwhile.
        if is_old(age(coord)) {
            refresh(coord, remote)?;
        }
    }
    let mut view = View::at(&coord.repo, trusted(coord)?)?;
    view.snapshot.set_current();
    view.age = age(coord);
    Ok(view)
}

/// Refreshes a view that is older than `age_max`, and gives up after `limit`.
pub(super) fn refresh_within(
    coord: &Coord,
    age_max: Duration,
    limit: Duration,
) -> Result<(), Failure> {
    let is_old = || age(coord).is_none_or(|age| age > age_max);
    let Some(remote) = coord.settings.remote.as_deref().filter(|_| is_old()) else {
        return Ok(());
    };
    let start = Instant::now();
    let _guard = coord.repo.lock(limit)?;
    if is_old() {
        let end = start + limit.min(coord.settings.timeout);
        let left = || end.saturating_duration_since(Instant::now());
        refresh_each(coord, remote, &[], &left)?;
    }
    Ok(())
}

/// How long ago the authority confirmed the view; `None` if never.
pub(super) fn age(coord: &Coord) -> Option<Duration> {
    let confirmed = std::fs::metadata(coord.repo.coord_dir().join(FILE))
        .ok()?
        .modified()
        .ok()?;
    env::since(confirmed)
}

/// Notes that the authority has just confirmed the view, and which tip it was.
pub(super) fn confirm(coord: &Coord, tip: Option<ObjectId>) {
    let remote = coord.settings.remote.clone();
    let confirmed = Confirmed { remote, tip };
    local::store(&coord.repo.coord_dir().join(FILE), &confirmed);
}

/// The same, as an answer to what was asked at a time: the view is as old as the question, whatever
/// became of this command between that and the answer.
pub(super) fn confirm_as_of(coord: &Coord, asked: SystemTime, tip: Option<ObjectId>) {
    confirm(coord, tip);
    date(coord, asked);
}

fn date(coord: &Coord, time: SystemTime) {
    let file = std::fs::File::options()
        .append(true)
        .open(coord.repo.coord_dir().join(FILE));
    // Without the file the view was never confirmed, and is refreshed as well.
    let _ = file.and_then(|file| file.set_modified(time));
}

/// Makes the view one that is refreshed before anything is refused: the authority has moved on and
/// this clone could not follow.
pub(super) fn doubt(coord: &Coord) {
    date(coord, SystemTime::UNIX_EPOCH);
}

/// The tip that this remote was last seen to have; none when it never was.
pub(super) fn confirmed(coord: &Coord, remote: &str) -> Option<ObjectId> {
    let confirmed: Confirmed = local::load(&coord.repo.coord_dir().join(FILE));
    confirmed
        .tip
        .filter(|_| confirmed.remote.as_deref() == Some(remote))
}

/// Which remote said it, and what.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Confirmed {
    remote: Option<String>,
    tip: Option<ObjectId>,
}

/// The local tip, checked against the pin.
///
/// # Errors
/// When the ref was set to something that does not continue what this clone trusts.
pub(super) fn trusted(coord: &Coord) -> Result<Option<ObjectId>, Error> {
    let dir = coord.repo.coord_dir();
    // The pin first: a writer may move both meanwhile, and a tip that is newer than the pin is a
    // step forward, while a pin that is newer than the tip would look like a shortened chain.
    let pinned = pin::load(&dir);
    let tip = coord.repo.tip(names::STATE)?;
    match advance_to_state(&coord.repo, pinned, tip)? {
        Advance::Same => {}
        Advance::Forward(_) | Advance::NewEpoch => {
            if let Some(tip) = &tip {
                pin::store(&dir, tip);
            }
        }
    }
    Ok(tip)
}

/// Fetches the authority's state and adopts it when it continues ours. The guard is held.
///
/// # Errors
/// When the remote cannot be used, or its state does not continue what this clone has seen; the
/// view stays as it is then.
pub(super) fn refresh(coord: &Coord, remote: &str) -> Result<Option<ObjectId>, Failure> {
    refresh_each(coord, remote, &[], &|| coord.settings.timeout)
}

/// The same, and in the same fetch these branches, into the quarantine, and all sealed commits.
pub(super) fn refresh_with(
    coord: &Coord,
    remote: &str,
    branches: &[String],
) -> Result<Option<ObjectId>, Failure> {
    refresh_each(coord, remote, branches, &|| coord.settings.timeout)
}

/// The same; `limit` says how long each network command may take.
fn refresh_each(
    coord: &Coord,
    remote: &str,
    branches: &[String],
    limit: &dyn Fn() -> Duration,
) -> Result<Option<ObjectId>, Failure> {
    let repo = &coord.repo;
    let state = &coord.settings.remote_ref;
    let asked = env::file_clock();
    let offered = match branches {
        [] => repo.fetch_within(remote, state, limit())?,
        branches => repo.fetch_with_branches(remote, state, branches, limit())?,
    };
    let ours = trusted(coord)?;
    if coord.is_by_branch()
        && let (Some(ours), Some(offered)) = (ours, offered)
        && ours != offered
        && contains(repo, Some(ours), offered)?
    {
        // The relay lags behind what this clone has seen where the state is decided. What it has
        // stays, and is not confirmed.
        return Ok(Some(ours));
    }
    let bring = |name: &str| repo.fetch_within(remote, name, limit());
    let judged = judge(coord, ours, offered, &bring)?;
    follow(coord, asked, &judged, ours, offered)?;
    Ok(offered)
}
