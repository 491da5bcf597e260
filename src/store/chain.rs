//! Ancestry along a chain, and the rule by which a clone follows its authority.

use super::backend::Backend;
use super::commit::Commit;
use super::error::{Error, Result};
use super::snapshot::Layer;
use crate::model::object_id::ObjectId;

/// How an offered tip stands to the one that this clone trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advance {
    /// They are the same.
    Same,
    /// The offered one continues it by this many commits.
    Forward(u64),
    /// The offered one is in an epoch that continues the trusted chain.
    NewEpoch,
}

/// The commits from `tip` back to the first of its epoch, newest first.
pub fn history(
    backend: &dyn Backend,
    tip: Option<ObjectId>,
) -> impl Iterator<Item = Result<(ObjectId, Commit)>> {
    let layer = Layer::new(backend);
    let mut next = tip;
    std::iter::from_fn(move || {
        let id = next.take()?;
        Some(layer.commit(&id).map(|commit| {
            next = commit.parent;
            (id, commit)
        }))
    })
}

/// Whether `wanted` is `tip` or one of its ancestors, also beyond epoch links as far as the old
/// chains are in this clone.
///
/// # Errors
/// When a commit on the way is there but cannot be read.
pub fn contains(backend: &dyn Backend, tip: Option<ObjectId>, wanted: ObjectId) -> Result<bool> {
    Ok(matches!(distance(backend, tip, wanted)?, Way::Found(..)))
}

/// Judges an offered tip against the trusted one.
///
/// # Errors
/// [`Error::Rewritten`] when the offered tip does not continue the trusted one: it was shortened,
/// replaced, or belongs to another chain. [`Error::Missing`] when that cannot be told, since the
/// offered epoch continues a chain whose end is not in this clone: its ref has to be fetched
/// first. Nothing is adopted then.
pub fn advance(
    backend: &dyn Backend,
    trusted: Option<ObjectId>,
    offered: Option<ObjectId>,
) -> Result<Advance> {
    let (trusted, offered) = match (trusted, offered) {
        (None, None) => return Ok(Advance::Same),
        (Some(trusted), Some(offered)) if trusted == offered => return Ok(Advance::Same),
        (None, Some(offered)) => {
            Layer::new(backend).commit(&offered)?;
            return Ok(Advance::Forward(0));
        }
        (Some(trusted), None) => {
            return Err(Error::Rewritten {
                trusted,
                offered: None,
                why: "it is gone".into(),
            });
        }
        (Some(trusted), Some(offered)) => (trusted, offered),
    };
    match distance(backend, Some(offered), trusted)? {
        Way::Found(steps, false) => Ok(Advance::Forward(steps)),
        Way::Found(_, true) => Ok(Advance::NewEpoch),
        way => {
            let is_older = contains(backend, Some(trusted), offered)?;
            if let (Way::Beyond(id), false) = (way, is_older) {
                return Err(Error::Missing { id });
            }
            let why = if is_older {
                "it was set back to an older state"
            } else {
                "it does not continue the state that this clone has seen"
            };
            Err(Error::Rewritten {
                trusted,
                offered: Some(offered),
                why: why.into(),
            })
        }
    }
}

/// What a walk back from a tip came to.
enum Way {
    /// The wanted commit, after so many steps, and whether an epoch link was crossed.
    Found(u64, bool),
    /// The end of the chain.
    End,
    /// An epoch link to a commit that is not in this clone.
    Beyond(ObjectId),
}

/// Walks from `tip` back to `wanted`.
fn distance(backend: &dyn Backend, tip: Option<ObjectId>, wanted: ObjectId) -> Result<Way> {
    let layer = Layer::new(backend);
    let mut next = tip;
    let mut steps = 0;
    let mut crossed = false;
    while let Some(id) = next {
        if id == wanted {
            return Ok(Way::Found(steps, crossed));
        }
        let commit = match layer.commit(&id) {
            Ok(commit) => commit,
            // The old chain beyond an epoch link need not be here; then it is not contained.
            Err(Error::Missing { id }) if crossed => return Ok(Way::Beyond(id)),
            Err(other) => return Err(other),
        };
        next = match (commit.parent, commit.epoch_link()) {
            (Some(parent), _) => Some(parent),
            (None, Some(link)) => {
                crossed = true;
                Some(link.tip)
            }
            (None, None) => None,
        };
        steps += 1;
    }
    Ok(Way::End)
}
