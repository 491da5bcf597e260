//! Handoffs and checks as notes on their commits, so that `git log --notes='coord/*'` shows them.
//!
//! The notes are a view: they are rendered from the state, and deleting the ref loses nothing. What
//! others have written there is kept, also when two clones have grown apart. Nothing here can fail
//! a command: the state says what counts, and the next time renders again what is missing.

mod checks;
mod handoffs;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::env;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;
use crate::store::{Backend, Commit, Draft, Pushed, RefSwap, Repo, Snapshot, Swapped, names};

use super::commit::person;
use super::{Coord, Failure, View};

/// How often a lost race is rendered again.
const ATTEMPTS_MAX: usize = 12;
/// How long other writers of this clone are waited for.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// What notes are about, each in a ref of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// What somebody left for others at a commit.
    Handoffs,
    /// How the tree of a landed commit was checked.
    Checks,
}

impl About {
    fn ref_name(self) -> &'static str {
        match self {
            Self::Handoffs => names::HANDOFF_NOTES,
            Self::Checks => names::CHECK_NOTES,
        }
    }

    fn subject(self) -> &'static str {
        match self {
            Self::Handoffs => "Notes of handoffs, rendered from refs/coord/state",
            Self::Checks => "Notes of checks, rendered from refs/coord/state",
        }
    }

    /// What the note of each commit says.
    fn texts(self, view: &View<'_>, repo: &Repo) -> Result<BTreeMap<ObjectId, String>, Failure> {
        match self {
            Self::Handoffs => handoffs::texts(view),
            Self::Checks => checks::texts(view, repo),
        }
    }
}

/// Who else has these notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nobody is asked.
    Here,
    /// They come from the authority and go there.
    Shared,
    /// They come from the authority.
    Brought,
}

impl Coord {
    /// Renders the notes about everything of that kind that the state has.
    ///
    /// # Errors
    /// When they cannot be written or pushed. What they are about is not concerned.
    pub fn render_notes(&self, about: About, reach: Reach) -> Result<(), Failure> {
        let remote = self.settings.remote.as_deref();
        let remote = remote.filter(|_| reach != Reach::Here);
        for _ in 0..ATTEMPTS_MAX {
            let there = match remote {
                Some(remote) => self.repo.fetch(remote, about.ref_name())?,
                None => None,
            };
            let Some(tip) = self.rendered(about, there)? else {
                continue;
            };
            let (Some(remote), Reach::Shared) = (remote, reach) else {
                return Ok(());
            };
            if tip == there {
                return Ok(());
            }
            let Some(new) = tip else { return Ok(()) };
            let swap = RefSwap {
                name: about.ref_name().into(),
                old: there,
                new,
            };
            match self.repo.push(remote, &[swap])? {
                Pushed::Moved => return Ok(()),
                // A rival may have been first: on top of theirs, then.
                Pushed::Rejected(_) => {}
                Pushed::Unreached(why) => {
                    let remote = remote.to_owned();
                    return Err(Failure::Unreachable { remote, why });
                }
                Pushed::Lacks(lack) => {
                    let remote = remote.to_owned();
                    return Err(Failure::Lacks { remote, lack });
                }
                Pushed::Unknown(why) => {
                    let remote = remote.to_owned();
                    return Err(Failure::Unknown { remote, why });
                }
            }
        }
        let attempts = ATTEMPTS_MAX;
        Err(Failure::Busy { attempts })
    }

    /// Moves the local ref to notes that have what the state says, what is `there`, and what was
    /// here. The answer is the new tip; the outer none says that somebody else was faster.
    fn rendered(
        &self,
        kind: About,
        there: Option<ObjectId>,
    ) -> Result<Option<Option<ObjectId>>, Failure> {
        let guard = self.repo.lock(LOCK_WAIT)?;
        let here = self.repo.tip(kind.ref_name())?;
        let base = there.or(here);
        let snapshot = Snapshot::at(&self.repo, base)?;
        let mut notes = Notes::of(&snapshot)?;
        if here.is_some() && here != base {
            notes.add_missing(&Snapshot::at(&self.repo, here)?)?;
        }
        let view = self.view(None)?;
        for (commit, text) in kind.texts(&view, &self.repo)? {
            notes.set(&snapshot, &commit, text)?;
        }
        let mut draft = Draft::on(&snapshot);
        if !notes.edits.is_empty() {
            let author = person(self.actor());
            let about = |tree, parent| Commit {
                tree,
                parent,
                author: author.clone(),
                committer: author,
                at: env::now().utc(),
                signed: false,
                message: format!("{}\n", kind.subject()),
            };
            draft.commit(&notes.edits, about, false)?;
        }
        let tip = draft.tip().or(base);
        let moved = match tip {
            Some(new) if tip != here => {
                let name = kind.ref_name().into();
                let old = here;
                draft.swap(&[RefSwap { name, old, new }])?
            }
            Some(_) | None => Swapped::Moved,
        };
        drop(guard);
        Ok((moved == Swapped::Moved).then_some(tip))
    }
}

/// A tree of notes with what is to be changed in it. Git spreads many notes over directories; each
/// reader takes them wherever they are.
struct Notes {
    /// Where the note of each object is, without the slashes.
    places: BTreeMap<String, Place>,
    edits: BTreeMap<Place, Option<Vec<u8>>>,
}

impl Notes {
    fn of(snapshot: &Snapshot<'_>) -> Result<Self, Failure> {
        let places = snapshot.places("")?.into_iter();
        Ok(Self {
            places: places
                .map(|(place, _)| (place.as_str().replace('/', ""), place))
                .collect(),
            edits: BTreeMap::new(),
        })
    }

    /// Takes over what another tree has and this one has not.
    fn add_missing(&mut self, other: &Snapshot<'_>) -> Result<(), Failure> {
        for (place, _) in other.places("")? {
            let object = place.as_str().replace('/', "");
            if !self.places.contains_key(&object)
                && let Some(bytes) = other.get(&place)?
            {
                self.edits.insert(place.clone(), Some(bytes.to_vec()));
                self.places.insert(object, place);
            }
        }
        Ok(())
    }

    /// Makes the note of a commit say this.
    fn set(
        &mut self,
        snapshot: &Snapshot<'_>,
        commit: &ObjectId,
        text: String,
    ) -> Result<(), Failure> {
        let object = commit.to_string();
        let spread = || Place::encoded(format!("{}/{}", &object[..2], &object[2..]));
        let place = self.places.get(&object).cloned().unwrap_or_else(spread);
        let text = text.into_bytes();
        if snapshot.get(&place)?.as_deref() == Some(&text) {
            self.edits.remove(&place);
        } else {
            self.edits.insert(place, Some(text));
        }
        Ok(())
    }
}
