//! Carrying a request: an empty commit on a branch of its own, or on the branch that is checked out.

use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::relay::{SPEAKERS, TRAILER};
use crate::store::{Backend, Error, NewObject, ObjectKind, Pushed, RefSwap, Swapped};

use super::super::relay::REQUEST_BRANCHES;
use super::super::{Coord, Failure};
use super::commit::empty_tree;
use super::pending::{self, Pending};

/// How often a request branch that another clone of the agent has moved is looked at again.
const TRIES_MAX: usize = 8;

/// The branch that requests go by.
pub(super) enum Way {
    /// One that has nothing else, so that the work stays clean: pushed at once.
    RequestBranch(String),
    /// The one that is checked out.
    WorkBranch(String),
}

/// Which branch a request of this clone goes by.
pub(super) fn way(coord: &Coord) -> Result<Way, Failure> {
    let found = coord.transport_finding().unwrap_or_default();
    let own = format!("{REQUEST_BRANCHES}{}", coord.actor().agent);
    // Every name of an agent is a part of a branch's, but for a few with dots.
    let is_name = own.parse::<crate::model::branch::Branch>().is_ok();
    if is_name && found.no_request_branch.is_none() {
        return Ok(Way::RequestBranch(own));
    }
    match coord.current_branch() {
        Some(branch) => Ok(Way::WorkBranch(branch)),
        None => Err(Failure::usage(
            "a request goes by the branch that is checked out, and there is none",
            "check out the branch that you may push",
        )),
    }
}

/// Makes the commit, and pushes a branch that has nothing but requests.
pub(super) fn send(
    coord: &Coord,
    way: &Way,
    message: &str,
    pending: &mut Pending,
) -> Result<(), Failure> {
    let remote = coord.settings.authority().to_owned();
    match way {
        Way::RequestBranch(branch) => {
            pending.branch = branch.clone();
            send_apart(coord, &remote, message, pending)
        }
        Way::WorkBranch(branch) => {
            pending.branch = branch.clone();
            let commit = add_to_work_branch(coord, branch, message)?;
            pending.commit = Some(commit);
            pending::store(coord, pending);
            Ok(())
        }
    }
}

/// Adds the commit to the agent's own branch of requests, on top of what the remote has there.
fn send_apart(
    coord: &Coord,
    remote: &str,
    message: &str,
    pending: &mut Pending,
) -> Result<(), Failure> {
    let name = format!("refs/heads/{}", pending.branch);
    // What was pushed last: as a rule nobody else pushes there, and nothing has to be fetched.
    let own = kept(&pending.branch);
    let mut old = coord.repo.tip(&own)?;
    for _ in 0..TRIES_MAX {
        let new = commit_on(coord, old, message)?;
        pending.commit = Some(new);
        // Before it is pushed: what was pushed and is not known of here could not be waited for.
        pending::store(coord, pending);
        let swap = RefSwap {
            name: name.clone(),
            old,
            new,
        };
        let kept = RefSwap {
            name: own.clone(),
            old: coord.repo.tip(&own)?,
            new,
        };
        match coord.repo.push(remote, &[swap])? {
            Pushed::Moved => {
                pending.sent = true;
                pending::store(coord, pending);
                // It only saves fetching.
                let _: Swapped = coord.repo.swap(&[kept])?;
                return Ok(());
            }
            Pushed::Unknown(_) => {
                // If it arrived it is decided, once; the answer tells.
                pending.sent = true;
                pending::store(coord, pending);
                return Ok(());
            }
            Pushed::Unreached(why) => {
                return Err(Failure::Unreachable {
                    remote: remote.into(),
                    why,
                });
            }
            Pushed::Lacks(lack) => {
                return Err(Failure::Lacks {
                    remote: remote.into(),
                    lack,
                });
            }
            Pushed::Rejected(why) => {
                let now = coord.repo.fetch(remote, &name)?;
                if now == old {
                    return Err(Failure::Rejected {
                        remote: remote.into(),
                        why,
                    });
                }
                old = now;
            }
        }
    }
    Err(Failure::Busy {
        attempts: TRIES_MAX,
    })
}

/// Where this clone keeps what it has pushed to a branch of requests.
pub(super) fn kept(branch: &str) -> String {
    let agent = branch.strip_prefix(REQUEST_BRANCHES).unwrap_or(branch);
    format!("refs/coord/requests/{agent}")
}

/// An empty commit on top of another one, as the person makes commits: with that name, and signed
/// where git is set up so.
fn commit_on(coord: &Coord, parent: Option<ObjectId>, message: &str) -> Result<ObjectId, Failure> {
    let tree = match &parent {
        Some(parent) => coord.repo.tree_of(parent)?,
        None => {
            let hash = coord.repo.hash();
            let empty = NewObject::new(hash, ObjectKind::Tree, Vec::new());
            coord.repo.write(&[empty])?;
            empty_tree(hash)
        }
    };
    let mut args = vec!["commit-tree".to_owned()];
    if coord.repo.config().bool("commit.gpgsign", false) {
        args.push("-S".into());
    }
    if let Some(parent) = &parent {
        args.extend(["-p".into(), parent.to_string()]);
    }
    args.push(tree.to_string());
    let git = coord.repo.git();
    let mut made = git.run(&args, Some(message.as_bytes()), None)?;
    if !made.success() {
        // Nobody has said yet who the person is; then the agent is.
        let agent = &coord.actor().agent;
        let mut named = vec![
            "-c".to_owned(),
            format!("user.name={agent}"),
            "-c".into(),
            format!("user.email={agent}@git-coord.invalid"),
        ];
        named.extend(args);
        made = git.run(&named, Some(message.as_bytes()), None)?;
    }
    let id = made.text().trim().parse().ok();
    id.filter(|_| made.success()).ok_or_else(|| {
        Failure::Store(Error::Git {
            command: "commit-tree".into(),
            why: made.stderr,
        })
    })
}

/// Adds the commit to the branch that is checked out. Nothing of the index or the working tree
/// changes, since the tree is the same.
fn add_to_work_branch(coord: &Coord, branch: &str, message: &str) -> Result<ObjectId, Failure> {
    let full = format!("refs/heads/{branch}");
    let Some(head) = coord.repo.tip(&full)? else {
        let what = format!("`{branch}` has no commit yet, and a request goes on top of one");
        return Err(Failure::usage(what, "commit something first"));
    };
    let new = commit_on(coord, Some(head), message)?;
    let note = "coord request";
    let (new_id, old_id) = (new.to_string(), head.to_string());
    let args = ["update-ref", "-m", note, &full, &new_id, &old_id];
    coord.repo.git().expect(&args, None)?;
    Ok(new)
}

/// Pushes the branch as the person would, hooks included: what else is on it goes along.
pub(super) fn push_work_branch(coord: &Coord, branch: &str) -> Result<(), Failure> {
    let remote = coord.settings.authority().to_owned();
    let spec = format!("refs/heads/{branch}:refs/heads/{branch}");
    let args = ["push", "--quiet", "--end-of-options", &remote, &spec];
    let git = coord.repo.git();
    let output = git.run_with_hooks(&args, Some(coord.settings.timeout))?;
    if output.success() {
        return Ok(());
    }
    let why = match output.timed_out {
        true => "no answer in time".into(),
        false => output.stderr,
    };
    Err(Failure::Unsent { remote, why })
}

/// Whether a request has been pushed, as far as this clone knows.
pub(super) fn is_sent(coord: &Coord, pending: &Pending) -> bool {
    if pending.sent {
        return true;
    }
    let remote = coord.settings.authority();
    let tracking = format!("refs/remotes/{remote}/{}", pending.branch);
    match (pending.commit, coord.repo.tip(&tracking)) {
        (Some(commit), Ok(Some(tip))) => coord.repo.is_ancestor(&commit, &tip).unwrap_or(false),
        _ => false,
    }
}

/// Takes the commit off its branch if it is the newest there.
pub(super) fn drop_newest(coord: &Coord, pending: &Pending) -> Result<bool, Failure> {
    let full = format!("refs/heads/{}", pending.branch);
    let (Some(commit), tip) = (pending.commit, coord.repo.tip(&full)?) else {
        return Ok(false);
    };
    let Some(super::Carried {
        commit: Some(carrier),
        ..
    }) = super::read(&coord.repo, &commit)?
    else {
        return Ok(false);
    };
    let Some(parent) = carrier.parent.filter(|_| tip == Some(commit)) else {
        return Ok(false);
    };
    let (new, old) = (parent.to_string(), commit.to_string());
    let note = "coord request cancel";
    let args = ["update-ref", "-m", note, &full, &new, &old];
    coord.repo.git().expect(&args, None)?;
    Ok(true)
}

impl Coord {
    /// What a branch has below the requests on top of it: that is what lands.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub(in crate::coord) fn below_requests(&self, tip: ObjectId) -> Result<ObjectId, Failure> {
        let mut tip = tip;
        while let Some(super::Carried {
            commit: Some(carrier),
            ..
        }) = super::read(&self.repo, &tip)?
        {
            let Some(parent) = carrier.parent else { break };
            tip = parent;
        }
        Ok(tip)
    }

    /// What is to land of a branch: nothing of the requests on top of it. A request is an empty
    /// commit, which squashing and rebasing drop; a merge would take it along.
    ///
    /// # Errors
    /// When there are other commits on top of requests: taking those out makes other commits of them,
    /// which is for their author to do.
    pub(in crate::coord) fn without_requests(
        &self,
        bases: &[ObjectId],
        tip: ObjectId,
    ) -> Result<ObjectId, Failure> {
        // Where nobody has ever asked on a branch, nothing is looked for.
        if !self.view(None)?.snapshot().has(SPEAKERS)? {
            return Ok(tip);
        }
        let tip = self.below_requests(tip)?;
        let found = self.requests_since(bases, &tip)?;
        let Some(newest) = found.first() else {
            return Ok(tip);
        };
        Err(Refusal::NotAllowed {
            what: format!(
                "{} of its commits are requests, such as {}, and those never land: take them out \
                 with `git rebase --force-rebase --no-keep-empty` onto where it is to land",
                found.len(),
                newest.short()
            ),
        }
        .into())
    }

    /// The commits that `tip` has and the others have not and that carry requests, newest first.
    fn requests_since(&self, bases: &[ObjectId], tip: &ObjectId) -> Result<Vec<ObjectId>, Failure> {
        let mut args = vec![
            "rev-list".to_owned(),
            format!("--grep=^{TRAILER}"),
            tip.to_string(),
            "--not".into(),
        ];
        match bases {
            // Not the whole history: what any remote has is no news.
            [] => args.push("--remotes".into()),
            bases => args.extend(bases.iter().map(ToString::to_string)),
        }
        let listed = self.repo.git().expect(&args, None)?;
        let listed = String::from_utf8_lossy(&listed);
        let mut found = Vec::new();
        for id in listed.lines().filter_map(|id| id.parse().ok()) {
            if super::read(&self.repo, &id)?.is_some() {
                found.push(id);
            }
        }
        Ok(found)
    }
}
