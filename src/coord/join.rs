//! Joining an authority: what this clone did alone meets what the remote has.
//!
//! Nothing is overwritten. A chain of our own becomes the remote's when that has none; otherwise it
//! is kept under a ref of its own, the remote's becomes the view, and what ours has is asked for there
//! like anything else: live locks where nothing is in their way, other records all in one
//! publication or none. What both have under one name, and not the same, stops the join before it
//! begins. Each step is noted, so that a join that was interrupted goes on when it is asked for again.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::adopt::Collision;
use crate::domain::decide;
use crate::env;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::refusal::{Conflict, Refusal};
use crate::store::{Advance, Backend, Error, Pushed, RefSwap, Swapped, contains, names};

use super::adoption::{Arrived, Luggage, has_arrived};
use super::view::{self, View};
use super::{Coord, Failure, follow, lead, local, pin};

/// How long joining waits for another writer of the clone.
const LOCK_WAIT: Duration = Duration::from_secs(60);
/// How often a rival may publish between our look and our push.
const ATTEMPTS_MAX: usize = 5;
/// Where an interrupted join finds how far it was.
const FILE: &str = "joining.json";

/// How this clone came to follow the remote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Joined {
    /// Neither has a state; the first operation makes one.
    Empty,
    /// This clone has the remote's state already.
    Current,
    /// The remote's state continues ours, or we had none.
    Followed,
    /// The remote had no state, or one that ours continues; ours is the remote's now.
    Published,
    /// Both had a state of their own.
    Adopted {
        /// The ref that keeps the chain that this clone had.
        kept: String,
        /// The live locks of that chain that are shared now.
        locks: Vec<Key>,
        /// Locks of others that are in the way of the rest, which stay out.
        conflicts: Vec<Conflict>,
        /// How many other records of each kind are shared now.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        records: BTreeMap<String, usize>,
        /// How many records stay behind because that was asked for.
        #[serde(default, skip_serializing_if = "is_zero")]
        left: usize,
        /// Records that cannot be read, and stay behind.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        damaged: Vec<String>,
    },
    /// Both have something under one name that is not the same. Nothing was taken along.
    Collides {
        /// What it is.
        collisions: Vec<Collision>,
        /// The ref that keeps the chain that this clone had, when it was left already: a rival was
        /// faster.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<String>,
    },
}

/// What comes along from a chain of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bring {
    /// All of it.
    All,
    /// Live locks; the rest stays in the chain that is kept.
    Locks,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A move to another chain, from the moment it is decided until all locks are there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Move {
    from: Option<ObjectId>,
    to: Option<ObjectId>,
    kept: String,
}

/// What stands where before anything is done.
enum Meeting {
    Empty,
    Follow(Advance),
    Publish(ObjectId),
    Foreign { from: ObjectId, to: ObjectId },
}

impl Coord {
    /// Joins the remote that the settings name.
    ///
    /// # Errors
    /// When the remote cannot be reached, in which case nothing was changed; when it lacks what it
    /// had confirmed to this clone; or when others are faster each time.
    pub fn join(&self, bring: Bring) -> Result<Joined, Failure> {
        let mut unfinished = None;
        for _ in 0..ATTEMPTS_MAX {
            let guard = self.repo.lock(LOCK_WAIT)?;
            let remote = self.remote()?;
            let asked = env::file_clock();
            let offered = self.repo.fetch(remote, &self.settings.remote_ref)?;
            if let Some(begun) = self.unfinished()
                && self.settle_move(&begun)?
            {
                unfinished = Some(begun);
            }
            let ours = view::trusted(self)?;
            let fetch = |name: &str| self.repo.fetch(remote, name);
            let judge = |from| follow::judge(self, from, offered, &fetch);
            let joined = match self.meet(ours, offered, &judge)? {
                Meeting::Empty => Some(Joined::Empty),
                Meeting::Follow(judged) => {
                    follow::follow(self, asked, &judged, ours, offered)?;
                    Some(match judged {
                        Advance::Same => Joined::Current,
                        Advance::Forward(_) | Advance::NewEpoch => Joined::Followed,
                    })
                }
                Meeting::Publish(new) => self.publish_chain(remote, offered, new)?,
                Meeting::Foreign { from, to } => {
                    let luggage = self.pack(from, Some(to), bring)?.0;
                    let collisions = luggage.collisions(&View::at(&self.repo, Some(to))?)?;
                    match collisions.is_empty() {
                        true => {
                            unfinished = self.move_over(from, to)?;
                            None
                        }
                        false => Some(Joined::Collides {
                            collisions,
                            kept: None,
                        }),
                    }
                }
            };
            drop(guard);
            match (&unfinished, joined) {
                (Some(begun), _) => {
                    let joined = self.bring(begun, bring)?;
                    self.bring_seals(self.remote()?)?;
                    return Ok(joined);
                }
                (None, Some(joined)) => {
                    self.bring_seals(self.remote()?)?;
                    return Ok(joined);
                }
                (None, None) => {}
            }
        }
        Err(Failure::Busy {
            attempts: ATTEMPTS_MAX,
        })
    }

    /// Makes our chain the remote's, as it is. None when somebody else was first. The guard is held.
    fn publish_chain(
        &self,
        remote: &str,
        offered: Option<ObjectId>,
        new: ObjectId,
    ) -> Result<Option<Joined>, Failure> {
        let name = &self.settings.remote_ref;
        let swap = RefSwap {
            name: name.clone(),
            old: offered,
            new,
        };
        let remote_name = || remote.to_owned();
        match self.repo.push(remote, &[swap])? {
            Pushed::Moved => {
                view::confirm(self, Some(new));
                Ok(Some(Joined::Published))
            }
            Pushed::Unreached(why) => Err(Failure::Unreachable {
                remote: remote_name(),
                why,
            }),
            Pushed::Lacks(lack) => Err(Failure::Lacks {
                remote: remote_name(),
                lack,
            }),
            Pushed::Rejected(why) if self.repo.fetch(remote, name)? == offered => {
                Err(Failure::Rejected {
                    remote: remote_name(),
                    why,
                })
            }
            Pushed::Rejected(_) => Ok(None),
            Pushed::Unknown(why) => {
                let unknown = |why| Failure::Unknown {
                    remote: remote_name(),
                    why,
                };
                let now = self.repo.fetch(remote, name);
                let now = now.map_err(|_| unknown(why.clone()))?;
                if contains(&self.repo, now, new)? {
                    view::refresh(self, remote)?;
                    return Ok(Some(Joined::Published));
                }
                // It can only land on what it was leased on, so once that has moved it never will.
                if now == offered {
                    Err(unknown(why))
                } else {
                    Ok(None)
                }
            }
        }
    }

    /// Leaves our chain for the remote's. None when the ref moved meanwhile. The guard is held.
    fn move_over(&self, from: ObjectId, to: ObjectId) -> Result<Option<Move>, Failure> {
        let begun = Move {
            from: Some(from),
            to: Some(to),
            kept: self.keep_chain(from)?,
        };
        local::store(&self.repo.coord_dir().join(FILE), &begun);
        let swap = RefSwap {
            name: names::STATE.into(),
            old: Some(from),
            new: to,
        };
        let moved = self.repo.swap(&[swap])?;
        let is_there = self.settle_move(&begun)?;
        if moved == Swapped::Lost || !is_there {
            return Ok(None);
        }
        view::confirm(self, Some(to));
        Ok(Some(begun))
    }

    /// What [`Coord::join`] would do. Brings objects here to judge them, and changes no ref or file.
    ///
    /// # Errors
    /// As [`Coord::join`].
    pub fn would_join(&self, bring: Bring) -> Result<Joined, Failure> {
        let remote = self.remote()?;
        let offered = self.repo.peek(remote, &self.settings.remote_ref)?;
        let ours = self.repo.tip(names::STATE)?;
        let peek = |name: &str| self.repo.peek(remote, name);
        let judge = |from| follow::judge(self, from, offered, &peek);
        Ok(match self.meet(ours, offered, &judge)? {
            Meeting::Empty => Joined::Empty,
            Meeting::Follow(Advance::Same) => Joined::Current,
            Meeting::Follow(_) => Joined::Followed,
            Meeting::Publish(_) => Joined::Published,
            Meeting::Foreign { from, .. } => {
                let view = View::at(&self.repo, offered)?;
                let (luggage, left) = self.pack(from, offered, bring)?;
                let collisions = luggage.collisions(&view)?;
                if !collisions.is_empty() {
                    return Ok(Joined::Collides {
                        collisions,
                        kept: None,
                    });
                }
                let mut arrived = Arrived::default();
                for request in luggage.requests() {
                    let plan = decide(&request, &view, &self.stamp(), &[])?;
                    arrived.add(plan.reply);
                }
                joined(self.free_name(from)?.0, arrived, left, luggage.damaged)
            }
        })
    }

    fn remote(&self) -> Result<&str, Failure> {
        let remote = self.settings.remote.as_deref();
        remote.ok_or_else(|| Failure::usage("no remote is named", "add `--remote NAME`"))
    }

    /// Compares the chains.
    fn meet(
        &self,
        ours: Option<ObjectId>,
        offered: Option<ObjectId>,
        judge: &dyn Fn(Option<ObjectId>) -> Result<Advance, Error>,
    ) -> Result<Meeting, Failure> {
        if ours.is_none() && offered.is_none() {
            return Ok(Meeting::Empty);
        }
        match judge(ours) {
            Ok(advance) => return Ok(Meeting::Follow(advance)),
            Err(Error::Rewritten { .. }) => {}
            Err(other) => return Err(other.into()),
        }
        // What the remote once confirmed it must still have: otherwise it was rewritten, and that
        // is for a person to judge.
        let confirmed = view::confirmed(self, self.remote()?);
        if confirmed.is_some() {
            judge(confirmed)?;
        }
        Ok(match (ours, offered) {
            (None, _) => Meeting::Empty,
            (Some(ours), None) => Meeting::Publish(ours),
            (Some(ours), Some(offered)) => {
                if contains(&self.repo, Some(ours), offered)? {
                    Meeting::Publish(ours)
                } else {
                    Meeting::Foreign {
                        from: ours,
                        to: offered,
                    }
                }
            }
        })
    }

    /// A join that was begun and did not end.
    fn unfinished(&self) -> Option<Move> {
        let begun: Move = local::load(&self.repo.coord_dir().join(FILE));
        begun.from.is_some().then_some(begun)
    }

    /// Pins the side of the move on which the ref stands, and says whether that is the new one.
    /// The guard is held.
    fn settle_move(&self, begun: &Move) -> Result<bool, Failure> {
        let tip = self.repo.tip(names::STATE)?;
        if let Some(tip) = tip.filter(|_| tip == begun.to || tip == begun.from) {
            pin::store(&self.repo.coord_dir(), &tip);
        }
        let is_moved = tip != begun.from;
        if !is_moved {
            let _ = std::fs::remove_file(self.repo.coord_dir().join(FILE));
        }
        Ok(is_moved)
    }

    /// Keeps our chain, and the closed ones that it continues, where no other chain will look for
    /// its own. The guard is held.
    fn keep_chain(&self, tip: ObjectId) -> Result<String, Failure> {
        let (name, is_there) = self.free_name(tip)?;
        let create = |name: String, new| RefSwap {
            name,
            old: None,
            new,
        };
        let mut swaps = Vec::new();
        if !is_there {
            swaps.push(create(name.clone(), tip));
        }
        let mut moved = Vec::new();
        for (epoch, closed) in self.repo.refs_here(names::EPOCHS)? {
            if contains(&self.repo, Some(tip), closed)? {
                let number = epoch.trim_start_matches(names::EPOCHS);
                swaps.push(create(format!("{name}-epoch-{number}"), closed));
                moved.push((epoch, closed));
            }
        }
        if !swaps.is_empty() && self.repo.swap(&swaps)? == Swapped::Lost {
            return Err(Failure::Busy { attempts: 1 });
        }
        self.repo.delete_here(&moved)?;
        Ok(name)
    }

    /// The ref for our chain, and whether it keeps it already.
    fn free_name(&self, tip: ObjectId) -> Result<(String, bool), Failure> {
        let taken = self.repo.refs_here(names::LOCAL)?;
        if let Some((name, _)) = taken.iter().find(|(_, kept)| *kept == tip) {
            return Ok((name.clone(), true));
        }
        let is_free = |name: &String| !taken.iter().any(|(taken, _)| taken == name);
        let mut names = (1_u64..).map(|number| format!("{}{number}", names::LOCAL));
        let name = names.find(is_free).unwrap_or_default();
        Ok((name, false))
    }

    /// What comes along from our chain, and how many records stay behind because that was asked for.
    fn pack(
        &self,
        from: ObjectId,
        to: Option<ObjectId>,
        bring: Bring,
    ) -> Result<(Luggage, usize), Failure> {
        let mut luggage = Luggage::whole(self, from, to)?;
        let left = match bring {
            Bring::All => 0,
            Bring::Locks => std::mem::take(&mut luggage.records).len(),
        };
        Ok((luggage, left))
    }

    /// Asks the authority for what the chain that was left has.
    fn bring(&self, begun: &Move, bring: Bring) -> Result<Joined, Failure> {
        let (mut arrived, mut left, mut damaged) = Default::default();
        if let (Some(from), Some(to)) = (begun.from, begun.to) {
            let (mut luggage, stays) = self.pack(from, Some(to), bring)?;
            if has_arrived(self, from, to)? {
                luggage.records.clear();
            }
            (left, damaged) = (stays, std::mem::take(&mut luggage.damaged));
            arrived = match lead::handle_together(self, luggage.requests()) {
                Ok(replies) => {
                    let mut arrived = Arrived::default();
                    replies.into_iter().for_each(|reply| arrived.add(reply));
                    arrived
                }
                Err(Failure::Refused(refusal)) if matches!(*refusal, Refusal::Exists { .. }) => {
                    return Ok(Joined::Collides {
                        collisions: luggage.collisions(&self.view(None)?)?,
                        kept: Some(begun.kept.clone()),
                    });
                }
                Err(other) => return Err(other),
            };
        }
        let _ = std::fs::remove_file(self.repo.coord_dir().join(FILE));
        Ok(joined(begun.kept.clone(), arrived, left, damaged))
    }
}

fn joined(kept: String, arrived: Arrived, left: usize, damaged: Vec<String>) -> Joined {
    let Arrived {
        locks,
        conflicts,
        records,
    } = arrived;
    Joined::Adopted {
        kept,
        locks,
        conflicts,
        records,
        left,
        damaged,
    }
}
