//! Exit codes: stable, documented in the help, and few.

use std::process::ExitCode;

use crate::coord::Failure;
use crate::coord::failure::Class;
use crate::ops::Answer;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The answer is no.
    Refused = 1,
    /// Wrong use.
    Usage = 2,
    /// The authority was not reached.
    Unreachable = 3,
    /// Damaged data or an internal error.
    Broken = 4,
    /// Not known whether it happened; safe to repeat.
    Unknown = 5,
    /// Sent to a relay.
    Pending = 6,
}

impl Exit {
    /// A positive answer can still be a finding: a history that is not in order, a clone that
    /// is not well.
    pub fn of_answer(answer: &Answer) -> Self {
        match answer {
            Answer::Verified(report) if !report.findings.is_empty() => Self::Broken,
            Answer::Doctor(report) if report.problems > 0 => Self::Broken,
            // For programs that ask whether there is anything.
            Answer::Messages(mail) if mail.messages.is_empty() => Self::Refused,
            Answer::Waited(waited) if !waited.as_wanted => Self::Refused,
            // Somebody else has a right to what a branch touches.
            Answer::FeatureDrift(drifted) if drifted.is_refused() => Self::Refused,
            Answer::Review(review) if review.is_refused() => Self::Refused,
            // Something is the matter with the state or with what was published.
            Answer::Relayed(round) if !round.troubles.is_empty() => Self::Broken,
            Answer::GithubSynced(synced) if !synced.troubles.is_empty() => Self::Unreachable,
            Answer::Requests(listed) if listed.is_waiting() => Self::Pending,
            Answer::Init(set_up) if set_up.collides() => Self::Refused,
            Answer::Done { .. }
            | Answer::UpToDate { .. }
            | Answer::Locks(_)
            | Answer::Check(_)
            | Answer::Review(_)
            | Answer::GithubInit(_)
            | Answer::Status(_)
            | Answer::Handoff(_)
            | Answer::Handoffs(_)
            | Answer::Template { .. }
            | Answer::Recalled(_)
            | Answer::Ports(_)
            | Answer::Happened(_)
            | Answer::Why(_)
            | Answer::Collected(_)
            | Answer::Value(_)
            | Answer::Values(_)
            | Answer::Queue(_)
            | Answer::QueueEntry(_)
            | Answer::QueuePlan(_)
            | Answer::QueueRan(_)
            | Answer::PoolCleared(_)
            | Answer::Log(_)
            | Answer::Verified(_)
            | Answer::Whoami(_)
            | Answer::Doctor(_)
            | Answer::Hooks(_)
            | Answer::Agents(_)
            | Answer::Agent(_)
            | Answer::Checkpoint(_)
            | Answer::Messages(_)
            | Answer::Tasks(_)
            | Answer::Task(_)
            | Answer::Graph(_)
            | Answer::Drafted(_)
            | Answer::Waited(_)
            | Answer::Feature(_)
            | Answer::Features(_)
            | Answer::FeatureConflicts(_)
            | Answer::FeaturePlan(_)
            | Answer::FeatureDrift(_)
            | Answer::Report(_)
            | Answer::Relayed(_)
            | Answer::Requests(_)
            | Answer::GithubStatus(_)
            | Answer::GithubLabels(_)
            | Answer::GithubSynced(_)
            | Answer::GithubListening { .. }
            | Answer::Init(_)
            | Answer::Synced(_)
            | Answer::Change(_)
            | Answer::Watched { .. }
            | Answer::Ran(_) => Self::Done,
        }
    }

    /// The code of a failure's class.
    pub fn of_failure(failure: &Failure) -> Self {
        match failure.class() {
            Class::Refused => Self::Refused,
            Class::Usage => Self::Usage,
            Class::Unreachable => Self::Unreachable,
            Class::Broken => Self::Broken,
            Class::Unknown => Self::Unknown,
            Class::Pending => Self::Pending,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
