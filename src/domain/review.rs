//! What commits touch that is somebody else's: all of it, each with the first commit that does. A
//! person who looks at a pull request wants the whole list, where a hook is content with the first no.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::feature::FeatureRecord;
use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::{EntryRecord, QUEUE};
use crate::model::record::{self, Damage};
use crate::model::refusal::Conflict;
use crate::model::stamp::Stamp;

use super::feature::{find as features, pause};
use super::staged::State;
use super::{lease, locks};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It must not land like this.
    Error,
    /// Somebody should know.
    Warning,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What is touched; absent where it is about the branch as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Key>,
    /// The first commit that touches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// What is the matter.
    #[serde(flatten)]
    pub what: What,
}

/// What is the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum What {
    /// Somebody else has stopped the line for the feature of the branch.
    Paused {
        /// Which feature.
        feature: Id,
        /// By which lock.
        lock: Conflict,
    },
    /// Somebody else holds it.
    Held {
        /// The lock.
        lock: Conflict,
    },
    /// It needs a lock, and nobody holds one for this branch (`coord.requireLock`).
    Unlocked {},
    /// Another feature has announced it.
    Claimed {
        /// Which feature.
        feature: Id,
        /// By which claim.
        key: Key,
        /// Whose that is.
        by: Actor,
    },
    /// The feature of the branch has not announced it.
    Undeclared {
        /// Which feature.
        feature: Id,
    },
    /// A record that may matter cannot be read.
    Damaged {
        /// Which, and why.
        why: String,
    },
}

/// What is to be reviewed.
pub struct Question<'q> {
    /// Who asks, and when: own locks are in nobody's way.
    pub stamp: &'q Stamp,
    /// The branch that the commits are of: what is held for it is in nobody's way either.
    pub branch: Option<&'q str>,
    /// The commits with what they touch, the oldest first.
    pub commits: &'q [(ObjectId, Vec<Key>)],
    /// How bad it is when a path has no lock of one's own, if at all.
    pub unlocked: &'q dyn Fn(&Key) -> Option<Level>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// The worst first, then by path.
    pub findings: Vec<Finding>,
    /// The features that are made on the branch.
    pub features: Vec<Id>,
    /// How many different paths are touched.
    pub paths: usize,
}

/// Looks at all of it.
///
/// # Errors
/// When the state cannot be listed. A record that cannot be read is a finding.
pub fn review(state: &dyn State, question: &Question<'_>) -> Result<Reviewed, Damage> {
    let mut touched: BTreeMap<&Key, ObjectId> = BTreeMap::new();
    for (commit, paths) in question.commits {
        for path in paths {
            touched.entry(path).or_insert(*commit);
        }
    }
    let (mut all, damaged) = features::all(state)?;
    all.retain(|feature| !feature.status.is_over());
    let is_here = |feature: &FeatureRecord| {
        let own = feature.branch.as_ref().map(|branch| branch.as_str());
        own.is_some() && own == question.branch
    };
    let (here, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_here);
    let mut side = Side {
        question,
        own: here.iter().map(|feature| feature.owner.clone()).collect(),
        here,
        others,
        findings: Vec::new(),
    };
    side.own.extend(submitters(state, question.branch)?);
    // It may be the one that is made on this branch, or that claims what is touched.
    let damaged = damaged.iter().map(ToString::to_string);
    side.findings.extend(damaged.map(|why| Finding {
        level: Level::Error,
        path: None,
        commit: None,
        what: What::Damaged { why },
    }));
    side.pauses(state)?;
    for (path, commit) in &touched {
        side.held(state, path, *commit);
        side.claimed(path, *commit);
    }
    let mut findings = side.findings;
    findings.sort_by(|one, other| (one.level, &one.path).cmp(&(other.level, &other.path)));
    Ok(Reviewed {
        features: side.here.iter().map(|feature| feature.id.clone()).collect(),
        paths: touched.len(),
        findings,
    })
}

/// Who put the branch in line: their locks cover what it changes.
fn submitters(state: &dyn State, branch: Option<&str>) -> Result<Vec<Actor>, Damage> {
    let Some(branch) = branch else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (place, bytes) in state.under(QUEUE)? {
        // Whoever cannot be read here gets no more rights by it.
        let read = bytes.and_then(|bytes| record::parse::<EntryRecord>(&place, &bytes));
        let Ok(entry) = read else { continue };
        let own = entry.branch.as_ref().map(|own| own.as_str());
        if own == Some(branch) && !entry.stage.is_over() {
            found.push(entry.body.submitter);
        }
    }
    Ok(found)
}

/// The branch that is looked at, against everybody else.
struct Side<'q> {
    question: &'q Question<'q>,
    /// Whose locks are its own, beside those that are held for the branch.
    own: Vec<Actor>,
    here: Vec<FeatureRecord>,
    others: Vec<FeatureRecord>,
    findings: Vec<Finding>,
}

impl Side<'_> {
    fn pauses(&mut self, state: &dyn State) -> Result<(), Damage> {
        for feature in &self.here {
            let pause = pause::of(state, self.question.stamp, &feature.id)?;
            let stops = pause.by.into_iter();
            // Whoever works on the feature may have stopped it for everybody else.
            let stops = stops.filter(|lock| !self.own.contains(&lock.by));
            self.findings.extend(stops.map(|lock| Finding {
                level: Level::Error,
                path: None,
                commit: None,
                what: What::Paused {
                    feature: feature.id.clone(),
                    lock,
                },
            }));
        }
        Ok(())
    }

    fn held(&mut self, state: &dyn State, path: &Key, commit: ObjectId) {
        let finding = |level, what| Finding {
            level,
            path: Some(path.clone()),
            commit: Some(commit),
            what,
        };
        let locks = match locks::overlapping(state, path) {
            Ok(locks) => locks,
            // It may be in the way.
            Err(damage) => {
                let why = damage.to_string();
                self.findings
                    .push(finding(Level::Error, What::Damaged { why }));
                return;
            }
        };
        let mut is_covered = false;
        for lock in &locks {
            for hold in &lock.holds {
                let branch = hold.branch.as_ref().map(|branch| branch.as_str());
                let is_own = hold.is_of(&self.question.stamp.by)
                    || branch.is_some() && branch == self.question.branch
                    || self.own.iter().any(|own| hold.is_of(own));
                if is_own {
                    is_covered |=
                        lock.mode == crate::model::lock::Mode::Exclusive && lock.key.covers(path);
                } else if lease::ended(&lock.key, hold, self.question.stamp).is_none() {
                    let lock = Conflict::new(path, &lock.key, lock.mode, hold);
                    self.findings
                        .push(finding(Level::Error, What::Held { lock }));
                }
            }
        }
        let level = (self.question.unlocked)(path).filter(|_| !is_covered);
        self.findings
            .extend(level.map(|level| finding(level, What::Unlocked {})));
    }

    /// Announcements bind who has announced something: a feature that touches what it did not, and
    /// another has, does not land. To everybody else they are worth knowing.
    fn claimed(&mut self, path: &Key, commit: ObjectId) {
        // Who announces nothing has nothing that could be compared.
        let announced: Vec<&FeatureRecord> = self
            .here
            .iter()
            .filter(|feature| !feature.claims.is_empty())
            .collect();
        let covers = |feature: &&&FeatureRecord| {
            let mut claims = feature.claims.iter();
            claims.any(|claim| claim.covers(path))
        };
        if announced.iter().any(|feature| covers(&feature)) {
            return;
        }
        let level = match announced.is_empty() {
            true => Level::Warning,
            false => Level::Error,
        };
        let finding = |level, what| Finding {
            level,
            path: Some(path.clone()),
            commit: Some(commit),
            what,
        };
        for other in &self.others {
            let claim = other.claims.iter().find(|claim| claim.overlaps(path));
            self.findings.extend(claim.map(|claim| {
                let what = What::Claimed {
                    feature: other.id.clone(),
                    key: claim.clone(),
                    by: other.owner.clone(),
                };
                finding(level, what)
            }));
        }
        if let Some(feature) = announced.first() {
            let feature = feature.id.clone();
            self.findings
                .push(finding(Level::Warning, What::Undeclared { feature }));
        }
    }
}
