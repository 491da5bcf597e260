//! What a git host has to say before something lands, where it has a word in that: the queue asks, and
//! whoever speaks with the host answers. Nothing here knows which host that is.

use std::time::Duration;

use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Ask, Settle};
use crate::model::refusal::Refusal;
use crate::model::request::Request;
use crate::model::time::Timestamp;
use crate::store::{Config, names};

use super::super::answer::Done;
use super::super::{Coord, Failure};
use super::Snapshot;
use crate::domain::queue::plan::Plan;

/// How what is certified reaches its target (`coord.landMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LandMode {
    /// One push moves the target and the state.
    Push,
    /// The same, when the host has been told that the commit has passed, and counts that.
    StatusThenPush,
    /// The host merges the pull request, and the state follows.
    Pr,
}

/// How the host merges pull requests (`coord.landMethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// With a commit that has both as parents.
    Merge,
    /// As one commit.
    Squash,
    /// Commit by commit.
    Rebase,
}

/// What is said about landing, by this clone or else by the target's `.coordconfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// How it reaches the target.
    pub mode: LandMode,
    /// How pull requests are merged.
    pub method: Method,
    /// How long a run waits for checks that the host wants to see.
    pub wait: Duration,
}

/// What a host answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// It may be, or is.
    Yes(T),
    /// It may not be as things are now, and why.
    NotYet(String),
    /// The target is no longer what was planned on.
    Moved,
}

/// An entry whose pull request is to be merged.
pub struct Candidate<'c> {
    /// The branch to land on.
    pub target: &'c Branch,
    /// The branch that was sealed.
    pub branch: &'c Branch,
    /// Its sealed commit.
    pub sealed: ObjectId,
    /// When it was put in line: what was merged before that was something else.
    pub since: Timestamp,
    /// What is said of it.
    pub what: &'c str,
    /// Whether a head is the sealed commit, with nothing on top of it but requests.
    pub is_its: &'c dyn Fn(&ObjectId) -> bool,
    /// Whether the target is no longer what was planned on, asked anew.
    pub has_moved: &'c dyn Fn() -> bool,
}

/// A pull request that the host has merged.
pub struct Merged {
    /// The head that it had.
    pub head: ObjectId,
    /// The commit that came of it.
    pub commit: ObjectId,
    /// When.
    pub at: Timestamp,
}

/// How much the clocks of the host and of whoever put something in line may differ, in seconds.
const SKEW_SECS: i64 = 60;

impl Merged {
    /// Whether it was merged after something was put in line.
    pub fn is_since(&self, added: Timestamp) -> bool {
        self.at.secs_since(added) >= -SKEW_SECS
    }
}

/// A host that has a word in what lands.
pub trait Host {
    /// Tells the host that a commit has passed, and asks whether it may be pushed to a branch now.
    ///
    /// # Errors
    /// When the host cannot be asked.
    fn allow(&self, target: &Branch, commit: &ObjectId, what: &str) -> Result<Said<()>, Failure>;

    /// Has the host merge the pull request of a branch whose head is what was sealed. One that was
    /// merged since it was put in line is as good.
    ///
    /// # Errors
    /// When the host cannot be asked, or it cannot be found out what became of it.
    fn merge(&self, wanted: &Candidate<'_>) -> Result<Said<ObjectId>, Failure>;

    /// The pull requests that were merged into a branch lately.
    ///
    /// # Errors
    /// When the host cannot be asked.
    fn merged(&self, target: &Branch) -> Result<Vec<Merged>, Failure>;
}

/// How an attempt to land ended.
pub enum Landed {
    /// The first so many of the train are on the target.
    Done(Box<Done>, usize),
    /// The first of them is on the target, and what the target has now is not what was certified.
    Otherwise {
        /// What was written.
        done: Box<Done>,
        /// Which.
        id: Id,
        /// What is wrong.
        why: String,
    },
    /// The host says that it is too early.
    NotYet {
        /// For this entry, if it is not for all of the train.
        id: Option<Id>,
        /// Its words.
        why: String,
    },
}

impl Coord {
    /// How this target is landed on.
    ///
    /// # Errors
    /// When a setting cannot be understood, or needs a remote that is not there.
    pub fn land_manner(&self, tip: &ObjectId) -> Result<Manner, Failure> {
        let own = self.repo.config();
        let names = ["coord.landmode", "coord.landmethod", "coord.landwait"];
        let team = match names.iter().all(|name| own.get(name).is_some()) {
            true => Config::default(),
            false => Config::committed(self.repo.git(), tip)?,
        };
        let said = |name: &str| own.get(name).or_else(|| team.get(name));
        let wrong = |name: &str, text: &str, hint: &str| {
            let what = format!("`{name}` is `{}`", text.escape_debug());
            Failure::usage(what, hint)
        };
        let mode = match said(names[0]) {
            None | Some("push") => LandMode::Push,
            Some("status-then-push") => LandMode::StatusThenPush,
            Some("pr") => LandMode::Pr,
            Some(other) => {
                let hint = "use `push`, `status-then-push` or `pr`";
                return Err(wrong("coord.landMode", other, hint));
            }
        };
        let method = match said(names[1]) {
            None | Some("merge") => Method::Merge,
            Some("squash") => Method::Squash,
            Some("rebase") => Method::Rebase,
            Some(other) => {
                let hint = "use `merge`, `squash` or `rebase`, as the repository allows";
                return Err(wrong("coord.landMethod", other, hint));
            }
        };
        let holder = match own.get(names[2]) {
            Some(_) => own,
            None => &team,
        };
        let wait = holder
            .duration(names[2], Duration::from_secs(60))
            .map_err(|what| Failure::usage(what, "set it with `git config coord.landWait`"))?;
        if mode != LandMode::Push && self.settings.remote.is_none() {
            return Err(Failure::usage(
                "`coord.landMode` asks for a git host, and this clone decides by itself",
                "name the remote with `git coord init --remote NAME`, or set it to `push`",
            ));
        }
        Ok(Manner { mode, method, wait })
    }

    /// Whether a head is a sealed commit, with nothing on top of it but requests, which change nothing.
    fn is_sealed_head(&self, head: &ObjectId, sealed: &ObjectId) -> bool {
        if head == sealed {
            return true;
        }
        // A head that is not here has something that nobody here has seen.
        let (Some(tree), Some(wanted)) = (self.tree_at(head), self.tree_at(sealed)) else {
            return false;
        };
        tree == wanted && self.below_requests(*head).ok() == Some(*sealed)
    }

    /// The tree of a commit, if that is here.
    fn tree_at(&self, commit: &ObjectId) -> Option<ObjectId> {
        self.repo.tree_of(commit).ok()
    }

    /// Brings a commit to the remote, so that its host can be asked about it. What was brought like that
    /// before, and has landed since, goes along.
    fn show(&self, remote: &str, commit: ObjectId, tip: &ObjectId) -> Result<(), Failure> {
        let kept = names::fetched(remote, crate::model::queue::HEADS);
        let args = ["for-each-ref", "--format=%(objectname)", "--", &kept];
        let listed = self.repo.git().expect(&args, None)?;
        let mut stale = Vec::new();
        for id in String::from_utf8_lossy(&listed).lines() {
            let Ok(id) = id.parse::<ObjectId>() else {
                continue;
            };
            if id != commit && self.repo.is_ancestor(&id, tip)? {
                stale.push(id);
            }
        }
        let pushed = self.repo.push_heads(remote, &commit, &stale)?;
        super::super::authority::confirmed(remote, pushed)
    }
}

impl Snapshot<'_> {
    /// Lands the first `count` of the train, as the host wants it.
    ///
    /// # Errors
    /// As `Snapshot::push_train`, and when the host cannot be asked.
    pub fn land(
        &self,
        plan: &Plan,
        count: usize,
        options: &[String],
        host: Option<&dyn Host>,
    ) -> Result<Landed, Failure> {
        let Some(last) = count.checked_sub(1).and_then(|last| plan.train.get(last)) else {
            return Err(Failure::usage("nothing is certified", "see `queue why`"));
        };
        let mode = self.coord.land_manner(&self.tip.commit)?.mode;
        let host = match (mode, host) {
            (LandMode::Push, _) => None,
            (_, Some(host)) => Some(host),
            (_, None) => {
                return Err(Failure::usage(
                    "`coord.landMode` asks for a git host, and nobody here speaks with one",
                    "set it to `push`",
                ));
            }
        };
        let remote = self.coord.settings.remote.as_deref().unwrap_or_default();
        let names: Vec<&str> = plan.train[..count]
            .iter()
            .map(|link| link.id.as_str())
            .collect();
        match (mode, host) {
            (LandMode::Pr, Some(host)) => return self.merge_first(plan, host),
            (_, Some(host)) => {
                let commit = last.point.commit;
                self.coord.show(remote, commit, &self.tip.commit)?;
                let what = format!("certified: {}", names.join(", "));
                match host.allow(&self.target, &commit, &what)? {
                    Said::Yes(()) => {}
                    Said::NotYet(why) => return Ok(Landed::NotYet { id: None, why }),
                    Said::Moved => return Err(self.outrun()),
                }
            }
            (_, None) => {}
        }
        let done = self.push_train(plan, count, options)?;
        Ok(Landed::Done(Box::new(done), count))
    }

    /// Has the host merge the first of the train. Others come after it one by one: each is merged onto
    /// what the host has made, and planned anew.
    fn merge_first(&self, plan: &Plan, host: &dyn Host) -> Result<Landed, Failure> {
        let Some(link) = plan.train.first() else {
            return Err(Failure::usage("nothing is certified", "see `queue why`"));
        };
        let not_yet = |why: String| Landed::NotYet {
            id: Some(link.id.clone()),
            why,
        };
        let entry = self.entries.iter().find(|entry| entry.id == link.id);
        let branch = entry.and_then(|entry| Some((entry, entry.branch.as_ref()?)));
        let Some((entry, branch)) = branch else {
            return Ok(not_yet(
                "it is a bare commit, and a pull request is of a branch".into(),
            ));
        };
        let wanted = Candidate {
            target: &self.target,
            branch,
            sealed: link.sealed,
            since: entry.added_at,
            what: &format!("certified: {}", link.id),
            is_its: &|head| self.coord.is_sealed_head(head, &link.sealed),
            // What cannot be asked is not known to be so; planning anew says why it cannot.
            has_moved: &|| {
                let tip = self.coord.queue_tip(&self.target);
                tip.ok() != Some(self.tip.commit)
            },
        };
        let commit = match host.merge(&wanted)? {
            Said::NotYet(why) => return Ok(not_yet(why)),
            Said::Moved => return Err(self.outrun()),
            Said::Yes(commit) => commit,
        };
        let wrong = self.compared(&commit, &link.point.tree);
        let done = Box::new(self.settle_as(&link.id, link.sealed, commit)?);
        Ok(match wrong {
            None => Landed::Done(done, 1),
            Some(why) => Landed::Otherwise {
                done,
                id: link.id.clone(),
                why,
            },
        })
    }

    /// What is wrong with what the host has made, which was to have this tree. Somebody may have pushed
    /// to the target in the very moment of the merge.
    fn compared(&self, commit: &ObjectId, tree: &ObjectId) -> Option<String> {
        let target = &self.target;
        let is = self.coord.queue_tip(target).ok();
        let is = is.and_then(|_| self.coord.tree_at(commit));
        let (short, wanted) = (commit.short(), tree.short());
        match is {
            Some(is) if is == *tree => None,
            Some(is) => Some(format!(
                "NOT CERTIFIED: the host has merged it as {short}, whose tree {} nobody has checked: {wanted} \
                 was checked; look at `{target}`, which had moved in that moment",
                is.short()
            )),
            None => Some(format!(
                "NOT CERTIFIED: the host has merged it as {short}, and that cannot be fetched, so that nobody \
                 knows whether its tree is {wanted}, which was checked; look at `{target}`"
            )),
        }
    }

    /// The refusal of what was planned on a target that has moved since.
    pub fn outrun(&self) -> Failure {
        Failure::Refused(Box::new(Refusal::WrongState {
            what: "branch".into(),
            name: self.target.to_string(),
            is: "moved by somebody else".into(),
            needs: "the commit that was planned on".into(),
        }))
    }

    /// Entries whose pull requests the host has merged, whoever asked for it: a runner that died before it
    /// could say so, or a person. Returns which.
    ///
    /// # Errors
    /// When the host cannot be asked, or the authority not be told.
    pub fn settle_merged(&self, host: &dyn Host) -> Result<Vec<Id>, Failure> {
        let waiting = || self.entries.iter().filter(|entry| !entry.stage.is_over());
        if waiting().next().is_none() {
            return Ok(Vec::new());
        }
        let merged = host.merged(&self.target)?;
        let mut settled = Vec::new();
        for entry in waiting() {
            let is_it = |one: &&Merged| {
                one.is_since(entry.added_at) && self.coord.is_sealed_head(&one.head, &entry.sealed)
            };
            if let Some(one) = merged.iter().find(is_it) {
                self.settle_as(&entry.id, entry.sealed, one.commit)?;
                settled.push(entry.id.clone());
            }
        }
        Ok(settled)
    }

    fn settle_as(&self, id: &Id, sealed: ObjectId, commit: ObjectId) -> Result<Done, Failure> {
        let settle = Settle {
            target: self.target.clone(),
            commit,
            paths: self.changed_by(std::slice::from_ref(id))?,
            entries: vec![(id.clone(), sealed)],
        };
        self.coord.handle(Request::Queue(Ask::Settle(settle)))
    }
}
