//! Bugs that are put in on purpose, so that the tests can be tested: each has to be caught.
//!
//! They exist only in builds with the feature `planted`, which no default enables and no release can
//! have. One build has all of them, and which one is awake is chosen when it runs.

use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(not(debug_assertions))]
compile_error!("the feature `planted` puts bugs in on purpose: it is for tests, and in no release");

/// The variable that wakes a bug in a process.
pub const VARIABLE: &str = "COORD_PLANTED";

/// A bug, at the one place in the code that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Locks above, below or across a key are not looked at, only the one on the key itself.
    OverlapIgnored,
    /// A wall clock that is past the end of a lease counts, with no slack between clocks.
    NoSkew,
    /// An observed lease counts as over as soon as it was seen at all.
    ImpatientObserver,
    /// A renewal leaves the number that it is fenced by.
    FenceNotBumped,
    /// Whose turn it is takes the key without looking again whether it is free.
    NoLookAfterWait,
    /// Giving back a shared lock removes the record, and with it everybody's hold.
    UnlinksLiveLock,
    /// Commits land whoever has locked their paths.
    LandsWithoutFence,
    /// A task is handed out although its claim still counts.
    ClaimNotLookedAt,
    /// An entry lands although it is over.
    LandsTwice,
    /// A request on a branch is decided although its answer is there.
    AnswersTwice,
    /// Objects and refs are not flushed.
    NoFlush,
    /// A ref is moved from whatever stands there.
    SwapsAnything,
    /// A push carries no lease on the value that was seen.
    PushesAnything,
    /// A push whose answer was lost counts as done.
    SilenceIsYes,
    /// A push whose answer was lost counts as lost, without looking.
    SilenceIsNo,
    /// A shortened or replaced chain is followed.
    FollowsAnything,
    /// Network commands have no deadline.
    NoDeadline,
    /// A refusal is given however old the view is that it rests on.
    RefusesOnOldViews,
    /// A carried request is answered before it is published.
    AnswersBeforePublishing,
    /// After a lost race an operation is not looked for in what others published.
    ForgetsPublished,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::OverlapIgnored,
        Self::NoSkew,
        Self::ImpatientObserver,
        Self::FenceNotBumped,
        Self::NoLookAfterWait,
        Self::UnlinksLiveLock,
        Self::LandsWithoutFence,
        Self::ClaimNotLookedAt,
        Self::LandsTwice,
        Self::AnswersTwice,
        Self::NoFlush,
        Self::SwapsAnything,
        Self::PushesAnything,
        Self::SilenceIsYes,
        Self::SilenceIsNo,
        Self::FollowsAnything,
        Self::NoDeadline,
        Self::RefusesOnOldViews,
        Self::AnswersBeforePublishing,
        Self::ForgetsPublished,
    ];

    /// Its name, as [`VARIABLE`] takes it.
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

/// Nothing was chosen yet, no bug is awake; otherwise the place in [`Bug::ALL`] and two.
static AWAKE: AtomicUsize = AtomicUsize::new(0);

/// Wakes a bug in this process, or none.
pub fn plant(bug: Option<Bug>) {
    let place = bug.and_then(|bug| Bug::ALL.iter().position(|other| *other == bug));
    AWAKE.store(place.map_or(1, |place| place + 2), Ordering::Relaxed);
}

/// Whether a bug is awake.
pub fn has(bug: Bug) -> bool {
    let mut awake = AWAKE.load(Ordering::Relaxed);
    if awake == 0 {
        let named = std::env::var(VARIABLE).unwrap_or_default();
        plant(Bug::ALL.into_iter().find(|bug| bug.name() == named));
        awake = AWAKE.load(Ordering::Relaxed);
    }
    awake >= 2 && Bug::ALL[awake - 2] == bug
}
