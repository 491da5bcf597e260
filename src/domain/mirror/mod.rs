//! The pages of a git host, as the state and people have them. `inward` is what people ask there; the rest
//! is what the page of a git host should show, and by which calls it comes to show that.
//!
//! Pure: a state and a page in, a plan out. The plan is the difference between what should be there
//! and what is, so that one that was done leaves an empty one behind, and one that was cut off half-way
//! is taken up by the next.
//!
//! What is shown where: a lock, a claim, a feature or an entry of the merge queue belongs to the pull
//! request of the branch that it is for; else to the issue that its task is; else nowhere. A thread that
//! shows anything wears a label. Labels are put on first and taken off last, so that a thread which still
//! has to be cleared can be told by them.

pub mod inward;

mod check;
mod facts;
mod markdown;
mod plan;
mod summary;
#[cfg(test)]
mod tests;
mod wanted;

pub use check::{CONTEXT, RUN};
pub use facts::{Facts, Whys};
pub use plan::{Call, plan};
pub use summary::MARKER;
pub use wanted::{Told, Wanted, wanted};

use crate::model::forge::Label;

/// Most labels of one sort that a thread wears; its comment has all.
pub const LABELS_MAX: usize = 20;

/// Whether a label is for this mirror to take off.
fn is_rendered(label: &Label) -> bool {
    Label::is_ours(&label.name) && Label::folded(&label.name) != crate::model::forge::PAUSE
}
