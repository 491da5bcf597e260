//! Every way in which a command can end other than well.

use crate::domain::queue::why::Stands;
use crate::model::id::OpId;
use crate::model::key::Here;
use crate::model::object_id::ObjectId;
use crate::model::record::Damage;
use crate::model::refusal::Refusal;
use crate::store::{self, Lack};

use super::authority::HERE;

/// Most entries of the queue that a message names.
const SHOWN_MAX: usize = 8;

/// Why there is no positive answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The answer is no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The answer is no, and about entries of the merge queue.
    #[error("{refusal}{}", stand(entries))]
    Queued {
        /// The answer.
        refusal: Box<Refusal>,
        /// How they stand, and what to do next.
        entries: Vec<Stands>,
    },
    /// The question makes no sense.
    #[error("{what}")]
    Usage {
        /// What is wrong, with what.
        what: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// The authority was not reached; nothing was changed.
    #[error("the remote `{remote}` could not be reached: {why}")]
    Unreachable {
        /// Its name.
        remote: String,
        /// Git's own words.
        why: String,
    },
    /// The remote has a rule against it; nothing was changed.
    #[error("{}", rejected(remote, why))]
    Rejected {
        /// Its name.
        remote: String,
        /// Its own words.
        why: String,
    },
    /// The person's own hook is against it; nothing was changed.
    #[error("your pre-push hook says no, so nothing was pushed: {why}")]
    HookRefused {
        /// Its own words.
        why: String,
    },
    /// The remote's host cannot do what this takes; nothing was changed.
    #[error("the remote `{remote}` {}; nothing was changed", lacks(*lack))]
    Lacks {
        /// Its name.
        remote: String,
        /// What it cannot do.
        lack: Lack,
    },
    /// The change may or may not have happened. Asking again is safe.
    #[error("it is not known whether the change reached `{remote}`: {why}")]
    Unknown {
        /// The remote's name.
        remote: String,
        /// Git's own words.
        why: String,
    },
    /// A branch has moved on its remote, and the state of this clone, which decides, has not.
    #[error(
        "{} is on `{}` of `{remote}`, but the state here could not follow, so no lock was given \
         back or renewed: {why}",
        new.short(),
        branch.strip_prefix("refs/heads/").unwrap_or(branch)
    )]
    Unrecorded {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
        /// The commit that it is at.
        new: ObjectId,
        /// What stopped the state.
        why: Box<Failure>,
    },
    /// It was asked for on a branch, and there is no answer yet.
    #[error("{}", pending(id, what, branch, *sent))]
    Pending {
        /// Which request.
        id: OpId,
        /// What was asked, in a few words.
        what: String,
        /// The branch that it is on.
        branch: String,
        /// Whether that was pushed.
        sent: bool,
    },
    /// A branch with requests could not be pushed.
    #[error("the branch with the request could not be pushed to `{remote}`: {why}")]
    Unsent {
        /// The remote.
        remote: String,
        /// Git's own words.
        why: String,
    },
    /// Others were faster each time.
    #[error("lost the race {attempts} times in a row; nothing was changed")]
    Busy {
        /// How often it was tried.
        attempts: usize,
    },
    /// Data that is damaged, or something failed below the rules.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// A record that is damaged.
    #[error("{0}")]
    Damaged(#[from] Damage),
    /// Another command of this clone failed while it carried this one.
    #[error("{message}")]
    Carried {
        /// How that command ended.
        class: Class,
        /// Its words.
        message: String,
    },
}

/// The few classes that programs tell apart; each has an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A normal "no".
    Refused,
    /// Wrong use.
    Usage,
    /// The authority was not reached.
    Unreachable,
    /// Damaged data or an internal error.
    Broken,
    /// Not known whether it happened; safe to repeat.
    Unknown,
    /// Asked for, and not answered yet.
    Pending,
}

/// The stable words for everything that is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The answer is no; the refusal's own word says why.
    Refused,
    /// Wrong use.
    Usage,
    /// The remote was not reached; nothing was changed.
    Unreachable,
    /// The remote has a rule against it; nothing was changed.
    RejectedByRemote,
    /// The person's own pre-push hook is against it; nothing was changed.
    RefusedByHook,
    /// The remote does not move several refs in one step; nothing was changed.
    NoAtomicPush,
    /// The remote takes no options with a push; nothing was changed.
    NoPushOptions,
    /// Not known whether it happened; safe to repeat.
    OutcomeUnknown,
    /// Commits have landed, and the state of this clone could not follow.
    LandedUnrecorded,
    /// Asked for on a branch, and not answered yet.
    Pending,
    /// A branch with requests could not be pushed.
    Unsent,
    /// Others were faster each time; nothing was changed.
    Busy,
    /// There is no git repository here.
    NoRepository,
    /// The state does not continue the one that this clone has seen.
    StateRewritten,
    /// Damaged data, or an internal error.
    Broken,
    /// Another command of this clone failed while it carried this one.
    Carried,
}

impl Fault {
    /// The word, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Unreachable => "unreachable",
            Self::RejectedByRemote => "rejected_by_remote",
            Self::RefusedByHook => "refused_by_hook",
            Self::NoAtomicPush => "no_atomic_push",
            Self::NoPushOptions => "no_push_options",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::LandedUnrecorded => "landed_unrecorded",
            Self::Pending => "pending",
            Self::Unsent => "unsent",
            Self::Busy => "busy",
            Self::NoRepository => "no_repository",
            Self::StateRewritten => "state_rewritten",
            Self::Broken => "broken",
            Self::Carried => "carried",
        }
    }
}

impl Failure {
    /// Wrong use, with advice.
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            hint: Some(hint.into()),
        }
    }

    /// Its class.
    pub fn class(&self) -> Class {
        match self {
            Self::Refused(refusal) | Self::Queued { refusal, .. } => match **refusal {
                Refusal::Damaged { .. } => Class::Broken,
                Refusal::LockHeld { .. }
                | Refusal::OtherSession { .. }
                | Refusal::Reserved { .. }
                | Refusal::Deadlock { .. }
                | Refusal::NotHeld { .. }
                | Refusal::RevChanged { .. }
                | Refusal::LockRequired { .. }
                | Refusal::Behind { .. }
                | Refusal::NotFound { .. }
                | Refusal::Exists { .. }
                | Refusal::NotYours { .. }
                | Refusal::WrongState { .. }
                | Refusal::NothingReady { .. }
                | Refusal::Cycle { .. }
                | Refusal::Secret { .. }
                | Refusal::Changed { .. }
                | Refusal::NotAllowed { .. }
                | Refusal::Limit { .. } => Class::Refused,
            },
            Self::HookRefused { .. } => Class::Refused,
            Self::Usage { .. } | Self::Store(store::Error::NoRepository { .. }) => Class::Usage,
            Self::Unreachable { .. }
            | Self::Rejected { .. }
            | Self::Lacks { .. }
            | Self::Busy { .. }
            | Self::Store(store::Error::Remote { .. }) => Class::Unreachable,
            Self::Unknown { .. } | Self::Store(store::Error::Unsettled { .. }) => Class::Unknown,
            Self::Pending { .. } | Self::Unsent { .. } => Class::Pending,
            Self::Unrecorded { .. } | Self::Store(_) | Self::Damaged(_) => Class::Broken,
            Self::Carried { class, .. } => *class,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) | Self::Queued { refusal, .. } => refusal.code(),
            other => other.fault().as_str(),
        }
    }

    /// What went wrong; a refusal has its own words for that.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Refused(_) | Self::Queued { .. } => Fault::Refused,
            Self::Usage { .. } => Fault::Usage,
            Self::Unreachable { .. } | Self::Store(store::Error::Remote { .. }) => {
                Fault::Unreachable
            }
            Self::Rejected { .. } => Fault::RejectedByRemote,
            Self::HookRefused { .. } => Fault::RefusedByHook,
            Self::Lacks { lack, .. } => match lack {
                Lack::AtomicPush => Fault::NoAtomicPush,
                Lack::PushOptions => Fault::NoPushOptions,
            },
            Self::Unknown { .. } | Self::Store(store::Error::Unsettled { .. }) => {
                Fault::OutcomeUnknown
            }
            Self::Unrecorded { .. } => Fault::LandedUnrecorded,
            Self::Pending { .. } => Fault::Pending,
            Self::Unsent { .. } => Fault::Unsent,
            Self::Busy { .. } => Fault::Busy,
            Self::Store(store::Error::NoRepository { .. }) => Fault::NoRepository,
            Self::Store(store::Error::Rewritten { .. }) => Fault::StateRewritten,
            Self::Store(_) | Self::Damaged(_) => Fault::Broken,
            Self::Carried { .. } => Fault::Carried,
        }
    }

    /// What to do next, with commands as they are typed here.
    pub fn hint(&self, here: &Here) -> Option<String> {
        match self {
            Self::Refused(refusal) => Some(refusal.hint(here)),
            // Each line says what to do next.
            Self::Queued { .. } => None,
            Self::Usage { hint, .. } => hint.clone(),
            Self::Unreachable { .. } | Self::Store(store::Error::Remote { .. }) => {
                Some("nothing was changed; try again when the remote answers".into())
            }
            Self::Rejected { remote, why } if is_in_the_way(remote, why) => Some(
                "nothing was changed; commit or stash what is there (`git worktree list` says where \
                 the branch is checked out), then run the command again"
                    .into(),
            ),
            Self::Rejected { .. } => Some(
                "nothing was changed; `git coord doctor --probe` tries what it accepts, and a host \
                 that refuses the state's name may take `git config coord.ref refs/heads/coord/state`"
                    .into(),
            ),
            Self::HookRefused { .. } => Some("see to what it names, then push again".into()),
            Self::Lacks { remote, lack } => Some(match lack {
                Lack::AtomicPush => format!(
                    "locks work there, and so does plain `git push {remote}`, which the hooks check \
                     against them (`git coord hooks install`); for more, the host has to allow \
                     atomic pushes"
                ),
                Lack::PushOptions => "push without `-o`; one that `push.pushOption` sets is left out \
                                      with `git -c push.pushOption= coord push`"
                    .into(),
            }),
            Self::Unknown { .. } | Self::Store(store::Error::Unsettled { .. }) => {
                Some("run the same command again: it takes effect once".into())
            }
            Self::Unrecorded { .. } => Some(
                "there is nothing to push again; `git coord doctor` looks for the cause, and then \
                 `git coord locks --mine` shows what you hold, for `git coord unlock` or `renew`"
                    .into(),
            ),
            Self::Pending {
                id,
                branch,
                sent: false,
                ..
            } => Some(format!(
                "it goes along with the next push of `{branch}`, or now with `git coord request send`; \
                 `git coord request show {id}` tells the answer"
            )),
            Self::Pending { id, .. } => Some(format!(
                "nothing is held before a relay has answered: `git coord request show {id} --wait` \
                 waits for that"
            )),
            Self::Unsent { .. } => Some(
                "it is on the branch, and goes along with its next push; see `git coord request \
                 list`"
                    .into(),
            ),
            Self::Busy { .. } => Some("run the command again".into()),
            Self::Store(store::Error::NoRepository { .. }) => {
                Some("run it inside a repository, or make one with `git init`".into())
            }
            Self::Store(store::Error::Rewritten { .. }) => Some(
                "this clone keeps what it has and writes nothing until a person decides; \
                 `git coord doctor` shows both states and how to restore"
                    .into(),
            ),
            Self::Store(store::Error::Unkept { .. }) => Some(
                "it counts, unless this machine loses power now; look after the disk, then run the \
                 command again"
                    .into(),
            ),
            Self::Store(_) | Self::Damaged(_) => {
                Some("nothing was changed; `git coord doctor` looks for the cause".into())
            }
            Self::Carried { .. } => Some("run the command again".into()),
        }
    }
}

/// A line for each entry; not so many that the rest is lost.
fn stand(entries: &[Stands]) -> String {
    let shown = entries.iter().take(SHOWN_MAX);
    let mut text: String = shown
        .map(|Stands { id, why }| format!("\n`{id}`: {why}"))
        .collect();
    if entries.len() > SHOWN_MAX {
        text.push_str(&format!("\nand {} more", entries.len() - SHOWN_MAX));
    }
    text
}

/// Whether a branch of this very repository cannot move since a working tree follows it, and that has
/// changes of its own. Git says so in these words, which it does not translate.
fn is_in_the_way(remote: &str, why: &str) -> bool {
    let words = [
        "Up-to-date check failed",
        "Working directory has",
        "Could not update working tree",
    ];
    remote == HERE && words.iter().any(|words| why.contains(words))
}

fn pending(id: &OpId, what: &str, branch: &str, sent: bool) -> String {
    match sent {
        true => format!("`{what}` was asked for on `{branch}` and is not answered yet: {id}"),
        false => format!("`{what}` is asked for on `{branch}`, which was not pushed yet: {id}"),
    }
}

fn rejected(remote: &str, why: &str) -> String {
    if is_in_the_way(remote, why) {
        return format!(
            "the branch is checked out, and the working tree has changes that landing would \
             overwrite: {why}"
        );
    }
    format!("the remote `{remote}` does not accept the change: {why}")
}

/// What a host cannot do, and what does not work for it.
fn lacks(lack: Lack) -> &'static str {
    match lack {
        Lack::AtomicPush => {
            "takes no atomic pushes, which move several refs or none: no commits can land there \
             under their locks, and no epoch can be closed"
        }
        Lack::PushOptions => "takes no push options",
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
