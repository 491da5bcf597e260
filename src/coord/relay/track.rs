//! Branches of agents that do nothing but push: what such a branch changes becomes its agent's, as locks or
//! as claims that keep nobody out.
//!
//! Nothing is remembered. What is wanted is read off the branches, what there is off the state, and the
//! difference is asked for as the agent itself. So a branch that was pushed anew, reset, merged or deleted
//! is followed the same way, and a second round changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::domain::feature::find as features;
use crate::domain::locks;
use crate::env;
use crate::model::branch::Branch;
use crate::model::feature::{Ask as FeatureAsk, FeatureRecord, Finish, Register, Status};
use crate::model::forge::AGENT_PREFIX;
use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::lock::{Hold, LockRecord};
use crate::model::object_id::ObjectId;
use crate::model::relay::{Bound, TrackRule};
use crate::model::request::{Lock, Request, Unlock, Which};
use crate::model::text::{Text, shown};
use crate::model::time::{Timestamp, Ttl};

use super::super::commit::Job;
use super::super::{Coord, Failure, as_keys, lead, view};
use super::Relayed;
use super::find::Branches;

/// What the sessions are called that hold for a branch.
const SESSION: &str = "branch-";
/// Most paths of a branch that are followed: more is no work of one agent.
const PATHS_MAX: usize = 300;
/// A lease that ends within this of when it should is left as it is, in seconds.
const SLACK_SECS: i64 = 60;

/// What becomes of what a branch changes (`coord.branchLocks`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Claims: others are told, and nobody is kept out.
    Advisory,
    /// Locks.
    Locks,
}

/// What is followed, and how.
pub(super) struct Wish {
    pub(super) rules: Vec<TrackRule>,
    pub(super) manner: Manner,
    /// For how long, from the newest commit of a branch on.
    pub(super) ttl: Ttl,
}

/// What was done for one branch.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Tracked {
    /// The branch.
    pub branch: String,
    /// Its agent.
    pub agent: crate::model::id::AgentName,
    /// What its agent has now and had not before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Key>,
    /// What was given back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given_back: Vec<Key>,
    /// What it changes and somebody else holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_the_way: Vec<Key>,
}

/// What a branch should have.
struct Wanted {
    bound: Bound,
    keys: BTreeSet<Key>,
    until: Timestamp,
    /// Whether all of it is on the main branch.
    is_merged: bool,
    /// Whether it could not be found out: then nothing is taken, and nothing given back.
    is_unknown: bool,
}

/// A request, and whom it is about.
struct Step {
    by: Actor,
    request: Request,
    tracked: Tracked,
}

/// Brings the state in line with the branches.
///
/// # Errors
/// When the state cannot be read or published. What is the matter with one branch is told.
pub(super) fn all(
    coord: &Coord,
    remote: &str,
    wish: &Wish,
    branches: &Branches,
    round: &mut Relayed,
) -> Result<(), Failure> {
    let Some(main) = branches.get(&coord.main_of(remote)) else {
        return Ok(());
    };
    let wanted = wanted(coord, wish, main, branches, round)?;
    let steps = {
        let state = view::open(coord, None)?;
        match wish.manner {
            Manner::Locks => lock_steps(&state, wish, &wanted)?,
            Manner::Advisory => claim_steps(&state, wish, &wanted)?,
        }
    };
    for Step {
        by,
        request,
        tracked,
    } in steps
    {
        let job = Job {
            op: env::fresh_op(),
            seen: view::trusted(coord)?,
            at: env::now(),
            by,
            also: Vec::new(),
            here: None,
            refused: Vec::new(),
            request,
        };
        for answer in lead::handle_relayed(coord, &[job])? {
            match answer {
                Ok(_) => round.tracked.push(tracked.clone()),
                // Somebody was faster; the next round sees that.
                Err(why @ Failure::Refused(_)) => {
                    let what = format!("branch `{}`: {why}", tracked.branch);
                    round.troubles.push(what);
                }
                Err(why) => return Err(why),
            }
        }
    }
    Ok(())
}

/// What each branch should have, by its name.
fn wanted(
    coord: &Coord,
    wish: &Wish,
    main: &ObjectId,
    branches: &Branches,
    round: &mut Relayed,
) -> Result<BTreeMap<String, Wanted>, Failure> {
    let bound = |name: &str| bound(wish, name);
    let followed: Vec<(&String, &ObjectId, Bound)> = branches
        .iter()
        .filter(|(name, _)| name.parse::<Branch>().is_ok() && !name.starts_with("coord/"))
        .filter_map(|(name, tip)| Some((name, tip, bound(name)?)))
        .collect();
    let times = times(coord, followed.iter().map(|(_, tip, _)| **tip))?;
    let now = env::now();
    let mut wanted = BTreeMap::new();
    for (name, tip, bound) in followed {
        let is_merged = coord.repo.is_ancestor(tip, main)?;
        let until = times.get(tip).copied().unwrap_or(now);
        // A commit from the future is as if it were made now.
        let from = if until.secs_since(now) > 0 {
            now
        } else {
            until
        };
        let until = from.plus_secs(wish.ttl.secs());
        let (mut keys, mut is_unknown) = (BTreeSet::new(), false);
        if !is_merged && until.secs_since(now) > 0 {
            let touched = coord.repo.touched(main, tip).map_err(Failure::from);
            match touched.and_then(as_keys) {
                Ok(paths) if paths.len() <= PATHS_MAX => keys.extend(paths),
                Ok(paths) => {
                    let count = paths.len();
                    let what = format!("branch `{name}` changes {count} paths, too many to follow");
                    round.troubles.push(what);
                    is_unknown = true;
                }
                Err(why) => {
                    round.troubles.push(format!("branch `{name}`: {why}"));
                    is_unknown = true;
                }
            }
        }
        let one = Wanted {
            bound,
            keys,
            until,
            is_merged,
            is_unknown,
        };
        wanted.insert(name.clone(), one);
    }
    Ok(wanted)
}

/// When commits were made.
pub(super) fn times(
    coord: &Coord,
    commits: impl Iterator<Item = ObjectId>,
) -> Result<BTreeMap<ObjectId, Timestamp>, Failure> {
    let ids: Vec<String> = commits.map(|id| id.to_string()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut args = vec!["show", "--no-patch", "--format=%H %ct", "--end-of-options"];
    args.extend(ids.iter().map(String::as_str));
    let listed = coord.repo.git().expect(&args, None)?;
    let pair = |line: &str| {
        let (id, secs) = line.split_once(' ')?;
        let at = chrono::DateTime::from_timestamp(secs.parse().ok()?, 0)?;
        Some((id.parse().ok()?, Timestamp::new(at)))
    };
    let listed = String::from_utf8_lossy(&listed);
    Ok(listed.lines().filter_map(pair).collect())
}

/// Whose a branch is. A person on the pages of the host has none: no branch speaks for one.
fn bound(wish: &Wish, name: &str) -> Option<Bound> {
    let bound = wish.rules.iter().find_map(|rule| rule.binds(name))?;
    (!bound.agent.as_str().starts_with(AGENT_PREFIX)).then_some(bound)
}

/// What a lock that stands for a branch is for, if it is one of ours.
fn tracked_branch<'h>(hold: &'h Hold, wish: &Wish) -> Option<&'h str> {
    let branch = hold.branch.as_ref()?.as_str();
    let rule = bound(wish, branch)?;
    (hold.actor() == actor(&rule, branch)).then_some(branch)
}

/// Whether nobody knows what a branch should have.
fn is_unknown(wanted: &BTreeMap<String, Wanted>, name: &str) -> bool {
    wanted.get(name).is_some_and(|one| one.is_unknown)
}

fn lock_steps(
    state: &dyn crate::domain::State,
    wish: &Wish,
    wanted: &BTreeMap<String, Wanted>,
) -> Result<Vec<Step>, Failure> {
    let (all, _) = locks::all(state).map_err(Failure::from)?;
    let mut held: BTreeMap<&str, Vec<(&LockRecord, &Hold)>> = BTreeMap::new();
    for lock in &all {
        for hold in &lock.holds {
            if let Some(branch) = tracked_branch(hold, wish) {
                held.entry(branch).or_default().push((lock, hold));
            }
        }
    }
    let mut steps = Vec::new();
    let names: BTreeSet<&str> = held
        .keys()
        .copied()
        .chain(wanted.keys().map(String::as_str))
        .collect();
    for name in names {
        let Some(bound) = bound(wish, name).filter(|_| !is_unknown(wanted, name)) else {
            continue;
        };
        let by = actor(&bound, name);
        let none = Vec::new();
        let has = held.get(name).unwrap_or(&none);
        let keys = wanted.get(name).map(|one| &one.keys);
        let is_wanted = |key: &Key| keys.is_some_and(|keys| keys.contains(key));
        let surplus = has.iter().filter(|(lock, _)| !is_wanted(&lock.key));
        let surplus: Vec<Key> = surplus.map(|(lock, _)| lock.key.clone()).collect();
        let tracked = |taken: &[Key], given_back: &[Key], in_the_way: Vec<Key>| Tracked {
            branch: name.to_owned(),
            agent: by.agent.clone(),
            taken: taken.to_vec(),
            given_back: given_back.to_vec(),
            in_the_way,
        };
        if !surplus.is_empty() {
            steps.push(Step {
                by: by.clone(),
                tracked: tracked(&[], &surplus, Vec::new()),
                request: Request::Unlock(Unlock {
                    which: Which::Keys(surplus),
                }),
            });
        }
        let Some(one) = wanted.get(name).filter(|one| !one.keys.is_empty()) else {
            continue;
        };
        let ends_as_wanted = |hold: &Hold| one.until.secs_since(hold.until()).abs() <= SLACK_SECS;
        let is_right = |key: &Key| {
            let mut has = has.iter();
            has.any(|(lock, hold)| lock.key == *key && ends_as_wanted(hold))
        };
        let (mut keys, mut in_the_way) = (Vec::new(), Vec::new());
        for key in one.keys.iter().filter(|key| !is_right(key)) {
            let others = locks::overlapping(state, key).map_err(Failure::from)?;
            let mut holds = others.iter().flat_map(|lock| &lock.holds);
            match holds.any(|hold| !hold.is_of(&by)) {
                true => in_the_way.push(key.clone()),
                false => keys.push(key.clone()),
            }
        }
        let left = one.until.secs_since(env::now()).unsigned_abs();
        let Ok(ttl) = Ttl::try_from(left) else {
            continue;
        };
        if keys.is_empty() {
            continue;
        }
        let text = |text: String| text.parse::<Text>().ok();
        steps.push(Step {
            by: by.clone(),
            tracked: tracked(&keys, &[], in_the_way),
            request: Request::Lock(Lock {
                keys,
                mode: crate::model::lock::Mode::Exclusive,
                ttl_secs: Some(ttl),
                reason: text(format!("pushed on {}", shown(name))),
                branch: text(name.to_owned()),
                task: one.bound.task.clone().and_then(text),
                host: None,
                takeover: false,
                narrow: false,
                wait_until: None,
            }),
        });
    }
    Ok(steps)
}

fn claim_steps(
    state: &dyn crate::domain::State,
    wish: &Wish,
    wanted: &BTreeMap<String, Wanted>,
) -> Result<Vec<Step>, Failure> {
    let (all, _) = features::all(state).map_err(Failure::from)?;
    let mut steps = Vec::new();
    let branch_of = |feature: &FeatureRecord| {
        let branch = feature.branch.as_ref()?;
        Some(branch.as_str().to_owned())
    };
    let is_ours = |feature: &&FeatureRecord| {
        let branch = branch_of(feature);
        branch.is_some_and(|branch| feature.id == id_of(&branch))
            && feature.owner.session.as_str().starts_with(SESSION)
    };
    let mut names: BTreeSet<String> = wanted.keys().cloned().collect();
    names.extend(all.iter().filter(is_ours).filter_map(branch_of));
    for name in names {
        let Some(bound) = bound(wish, &name).filter(|_| !is_unknown(wanted, &name)) else {
            continue;
        };
        let by = actor(&bound, &name);
        let id = id_of(&name);
        let own = all.iter().find(|feature| feature.id == id);
        // Whoever says what it will change needs nobody to guess; and what is queued has been said.
        let is_said = all.iter().any(|feature| {
            feature.id != id
                && !feature.status.is_over()
                && branch_of(feature).as_ref() == Some(&name)
        });
        let is_left = own.is_some_and(|own| own.owner != by || own.status == Status::Queued);
        if is_said || is_left {
            continue;
        }
        let open = own.filter(|own| !own.status.is_over());
        let one = wanted.get(&name);
        let keys: BTreeSet<Key> = one.map(|one| one.keys.clone()).unwrap_or_default();
        let had: BTreeSet<Key> = open.map(|own| own.claims.clone()).unwrap_or_default();
        let tracked = Tracked {
            branch: name.clone(),
            agent: by.agent.clone(),
            taken: keys.difference(&had).cloned().collect(),
            given_back: had.difference(&keys).cloned().collect(),
            in_the_way: Vec::new(),
        };
        let ask = match (open, keys.is_empty()) {
            (None, true) => continue,
            (Some(_), false) if keys == had => continue,
            (Some(_), true) => FeatureAsk::Finish(Finish {
                id,
                status: match one.is_some_and(|one| one.is_merged) {
                    true => Status::Landed,
                    false => Status::Cancelled,
                },
                landed_as: None,
                why: None,
                takeover: false,
                allow_secrets: BTreeSet::new(),
            }),
            (_, false) => FeatureAsk::Register(Box::new(Register {
                id,
                claims: keys.into_iter().collect(),
                title: format!("pushed on {}", shown(&name)).parse().ok(),
                branch: name.parse().ok(),
                priority: None,
                depends_on: BTreeSet::new(),
                metadata: BTreeMap::new(),
                remove_metadata: BTreeSet::new(),
                takeover: false,
                sequential_above: crate::model::feature::Percent::default(),
                allow_secrets: BTreeSet::new(),
            })),
        };
        steps.push(Step {
            by,
            request: Request::Feature(ask),
            tracked,
        });
    }
    Ok(steps)
}

/// Who holds for a branch: its agent, in a session of the branch's own.
fn actor(bound: &Bound, branch: &str) -> Actor {
    Actor {
        agent: bound.agent.clone(),
        session: format!("{SESSION}{}", digest(branch))
            .parse()
            .expect("because letters, digits and a hyphen are a name"),
    }
}

/// The feature that stands for a branch.
fn id_of(branch: &str) -> Id {
    const CHARS_MAX: usize = 30;
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = branch.chars().map(plain).take(CHARS_MAX).collect();
    format!(
        "{SESSION}{}-{}",
        name.trim_matches('-'),
        &digest(branch)[..6]
    )
    .parse()
    .expect("because lower-case letters, digits and hyphens are an id")
}

fn digest(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let bytes = bytes.iter().take(5);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn branches_have_names_as_features() {
        assert!(
            id_of("agent/Alice/login")
                .as_str()
                .starts_with("branch-agent-alice-login-")
        );
        assert_ne!(id_of("a/b"), id_of("a-b"));
        // Whatever a branch is called, and however long.
        for name in ["größe", "---", &"x/".repeat(100)] {
            assert!(id_of(name).as_str().len() < 60);
        }
    }
}
