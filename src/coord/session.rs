//! What this clone remembers of its sessions: which locks they took, what they were refused, and
//! whether their process is alive.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::id::{Actor, Id, OpId};
use crate::model::key::Key;
use crate::model::notice::NoticeRecord;
use crate::model::object_id::ObjectId;
use crate::model::refused::Refused;
use crate::model::request::Note;
use crate::model::time::Timestamp;

use super::local;

/// How often, and after which pause, a session asks again for its own file.
const PROBES_MAX: usize = 50;
const PROBE_PAUSE: std::time::Duration = std::time::Duration::from_millis(2);
/// Most refusals that are remembered until the next change carries them into the log.
const REFUSED_MAX: usize = 16;
/// Most facts that wait for the next change; a rebase may bring many at once.
const NOTES_MAX: usize = 16;
/// Most messages that are remembered as told; of more, some are told again.
const TOLD_MAX: usize = 2_000;
/// Most notices that wait to be told.
const UNTOLD_MAX: usize = 100;
/// Most changed paths that are remembered.
const TOUCHED_MAX: usize = 200;
/// Most memories whose use is counted until then.
const USES_MAX: usize = 100;

/// How often a session looks through its own locks, in seconds.
const LOOK_EVERY_SECS: i64 = 10;

/// One session's notes. They are hints: the chain says who holds what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Keys that the session took and has not given back.
    pub keys: BTreeSet<Key>,
    /// Refusals since its last change.
    pub refused: Vec<Refused>,
    /// Notices that were shown already and are still in the state.
    pub shown: BTreeSet<OpId>,
    /// Notices that a change of its agent's hooks has taken out of the state, which nobody read.
    pub untold: Vec<NoticeRecord>,
    /// Facts for the log that wait for the next change.
    pub notes: Vec<Note>,
    /// How often memories were recalled; it rides along with the next change.
    pub uses: BTreeMap<Id, u32>,
    /// The state up to which it was shown what others did.
    pub synced: Option<ObjectId>,
    /// When it was last looked whether any of its locks is to be renewed.
    pub looked: Option<Timestamp>,
    /// When its record was last written: the next change knows whether it is time again.
    pub present: Option<Timestamp>,
    /// Messages that it has read.
    pub read: BTreeSet<Id>,
    /// Messages that a hook has told it of.
    pub told: BTreeSet<Id>,
    /// What it changed, as the hooks of its agent saw it; the latest last.
    pub touched: Vec<Key>,
    /// Whether it has changed something since its last checkpoint.
    pub is_unsaved: bool,
    /// When its agent's hooks last made a checkpoint.
    pub saved: Option<Timestamp>,
    /// Whether it was told that it could leave a handoff.
    pub offer: Offer,
}

/// How far it is with the one reminder to leave a handoff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Offer {
    /// Nothing was said, for there was no reason to.
    #[default]
    None,
    /// It is to be said as soon as the agent listens.
    Due,
    /// It was said, and is not said again.
    Made,
}

impl Session {
    /// The task that it has taken, if it is only one.
    pub fn claimed_task(&self) -> Option<Id> {
        let mut claims = self.keys.iter().filter_map(Key::claimed_task);
        let first = claims.next();
        first.filter(|_| claims.next().is_none())
    }

    /// Notes that something was changed.
    pub fn touch(&mut self, key: Key) {
        self.touched.retain(|known| *known != key);
        self.touched.push(key);
        self.is_unsaved = true;
    }
}

/// The directory of all sessions of this clone.
pub struct Sessions {
    dir: PathBuf,
}

/// Proof of life: the kernel frees it when the process dies, however it dies.
#[must_use = "the session counts as alive only while this is held"]
pub struct Alive {
    file: File,
    path: PathBuf,
}

impl Session {
    /// The keys whose locks a change looks at, for they may have to be renewed along with it. All of
    /// them are read for that, so not with every change of many in a row: half of the shortest lease
    /// is far longer than that.
    pub(super) fn to_look_at(&self, at: Timestamp) -> impl Iterator<Item = &Key> {
        let is_fresh = |then: Timestamp| (0..LOOK_EVERY_SECS).contains(&at.secs_since(then));
        let is_due = !self.looked.is_some_and(is_fresh);
        self.keys.iter().filter(move |_| is_due)
    }
}

impl Sessions {
    pub(super) fn new(coord_dir: PathBuf) -> Self {
        Self {
            dir: coord_dir.join("sessions"),
        }
    }

    pub(super) fn file(&self, actor: &Actor, ending: &str) -> PathBuf {
        // Names hold no separator and do not begin with a dot, so they are file names.
        self.dir
            .join(actor.agent.as_str())
            .join(format!("{}.{ending}", actor.session))
    }

    /// The notes of a session.
    pub fn load(&self, actor: &Actor) -> Session {
        local::load(&self.file(actor, "json"))
    }

    /// Changes the notes of a session. Best effort, as for all files of this kind.
    pub fn update(&self, actor: &Actor, change: impl FnOnce(&mut Session)) {
        let _ = local::update(&self.file(actor, "json"), |session: &mut Session| {
            change(session);
            let surplus = session.refused.len().saturating_sub(REFUSED_MAX);
            session.refused.drain(..surplus);
            let surplus = session.notes.len().saturating_sub(NOTES_MAX);
            session.notes.drain(..surplus);
            while session.uses.len() > USES_MAX {
                session.uses.pop_first();
            }
            let surplus = session.touched.len().saturating_sub(TOUCHED_MAX);
            session.touched.drain(..surplus);
            let surplus = session.untold.len().saturating_sub(UNTOLD_MAX);
            session.untold.drain(..surplus);
            while session.told.len() > TOLD_MAX {
                session.told.pop_first();
            }
        });
    }

    /// Keeps the session alive until the result is dropped. Its locks count as free the moment the
    /// process dies without giving them back.
    ///
    /// # Errors
    /// When the file cannot be made, or another process keeps the same session alive.
    pub fn keep_alive(&self, actor: &Actor) -> std::io::Result<Alive> {
        let path = self.file(actor, "alive");
        std::fs::create_dir_all(path.parent().unwrap_or(&self.dir))?;
        // Closed on exec, as every file that std opens: a child must not hold it.
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        for _ in 0..PROBES_MAX {
            match file.try_lock() {
                Ok(()) => return Ok(Alive { file, path }),
                // Perhaps somebody who asks whether it is alive, which takes some microseconds.
                Err(TryLockError::WouldBlock) => std::thread::sleep(PROBE_PAUSE),
                Err(TryLockError::Error(why)) => return Err(why),
            }
        }
        Err(std::io::ErrorKind::AddrInUse.into())
    }

    /// Takes back the proof of a session's death, when the session acts: somebody goes on in its
    /// name, so that its locks are not free.
    pub(super) fn revive(&self, actor: &Actor) {
        let path = self.file(actor, "alive");
        if is_dead(&path) {
            let _ = std::fs::remove_file(&path);
        }
    }

    /// Forgets a session that has ended, unless it left something that the log should have. Which
    /// messages it knows is kept for a while: a coding agent may go on with it in another process.
    pub fn forget(&self, actor: &Actor) {
        let Session {
            keys,
            refused,
            notes,
            read,
            told,
            ..
        } = self.load(actor);
        if !keys.is_empty() || !refused.is_empty() || !notes.is_empty() {
            return;
        }
        if !read.is_empty() || !told.is_empty() {
            self.update(actor, |session| {
                *session = Session {
                    read,
                    told,
                    ..Session::default()
                };
            });
        } else {
            let _ = std::fs::remove_file(self.file(actor, "json"));
            // Only an empty directory goes.
            let _ = std::fs::remove_dir(self.dir.join(actor.agent.as_str()));
        }
    }

    /// Sessions of this machine whose process kept them alive and is gone.
    pub fn dead(&self) -> BTreeSet<Actor> {
        let mut dead = BTreeSet::new();
        for agent in entries(&self.dir) {
            for file in entries(&agent) {
                dead.extend(actor_of(&file).filter(|_| is_dead(&file)));
            }
        }
        dead
    }

    /// Every session that left notes here.
    pub fn all(&self) -> Vec<Actor> {
        let files = entries(&self.dir)
            .into_iter()
            .flat_map(|agent| entries(&agent));
        files
            .filter_map(|file| actor_of_with(&file, "json"))
            .collect()
    }
}

impl Alive {
    /// Ends the session and leaves the proof that it is over: for one that could not give back what
    /// it holds.
    pub fn leave(mut self) {
        self.path = PathBuf::new();
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // Gone in order: it died of nothing, so nothing is proven by a file that is not locked.
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

fn actor_of(file: &Path) -> Option<Actor> {
    actor_of_with(file, "alive")
}

fn actor_of_with(file: &Path, ending: &str) -> Option<Actor> {
    let session = file
        .file_name()?
        .to_str()?
        .strip_suffix(&format!(".{ending}"))?;
    let agent = file.parent()?.file_name()?.to_str()?;
    Some(Actor {
        agent: agent.parse().ok()?,
        session: session.parse().ok()?,
    })
}

fn is_dead(file: &Path) -> bool {
    // Opened without creating: a session that ended in order has removed its file.
    // Shared, so that two who ask at the same time do not take each other for the session.
    File::open(file).is_ok_and(|file| file.try_lock_shared().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{LOOK_EVERY_SECS, Session};
    use crate::model::limits::TTL_SECS_MIN;
    use crate::model::time::Timestamp;

    #[test]
    fn own_locks_are_looked_through_in_time_and_not_all_the_time() {
        let then: Timestamp = chrono::DateTime::UNIX_EPOCH.into();
        let mut session = Session::default();
        session.keys.insert("src/".parse().expect("a key"));
        let looks = |session: &Session, at| session.to_look_at(at).count() == 1;
        assert!(looks(&session, then));
        session.looked = Some(then);
        for (secs, is_due) in [(0, false), (9, false), (10, true), (3_600, true)] {
            assert_eq!(looks(&session, then.plus_secs(secs)), is_due, "{secs}");
        }
        // A clock that was set back since.
        session.looked = Some(then.plus_secs(5));
        assert!(looks(&session, then));
        // Whoever acts all the time renews the shortest lease well before it ends.
        let half = i64::try_from(TTL_SECS_MIN / 2).expect("it is short");
        assert!(half + LOOK_EVERY_SECS < 2 * half);
    }
}
