//! Ancestry along a chain, and the rule by which a clone follows its authority.

use super::backend::Backend;
use super::commit::Commit;
use super::error::{Error, Result};
use super::snapshot::Layer;
use super::tree::{self, Trees};
use crate::model::object_id::ObjectId;
use crate::model::place::FORMAT;

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

/// The commits from `tip` back through the epoch links as far as the old chains are in this clone,
/// newest first.
pub fn past(
    backend: &dyn Backend,
    tip: Option<ObjectId>,
) -> impl Iterator<Item = Result<(ObjectId, Commit)>> {
    let layer = Layer::new(backend);
    let mut next = tip;
    let mut is_beyond = false;
    std::iter::from_fn(move || {
        let id = next.take()?;
        let commit = match layer.commit(&id) {
            Ok(commit) => commit,
            // Old chains are kept only as long as somebody wants them.
            Err(Error::Missing { .. }) if is_beyond => return None,
            Err(other) => return Some(Err(other)),
        };
        let link = commit.epoch_link();
        is_beyond |= link.is_some();
        next = commit.parent.or(link.map(|link| link.tip));
        Some(Ok((id, commit)))
    })
}

/// Whether `wanted` is `tip` or one of its ancestors, also beyond epoch links as far as the old
/// chains are in this clone.
///
/// # Errors
/// When a commit on the way is there but cannot be read.
pub fn contains(backend: &dyn Backend, tip: Option<ObjectId>, wanted: ObjectId) -> Result<bool> {
    Ok(way(backend, tip, wanted)?.is_some())
}

/// Judges an offered tip against the trusted one.
///
/// # Errors
/// [`Error::Rewritten`] when the offered tip does not continue the trusted one: it was shortened,
/// replaced, or belongs to another chain. Nothing is adopted then.
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
    let rewritten = |why: &str| Error::Rewritten {
        trusted,
        offered: Some(offered),
        why: why.into(),
    };
    match way(backend, Some(offered), trusted)? {
        Some(Way { steps, roots }) if roots.is_empty() => Ok(Advance::Forward(steps)),
        Some(Way { roots, .. }) => {
            for root in &roots {
                if !keeps_records(backend, root)? {
                    return Err(rewritten(
                        "its epoch does not begin with the records that the last one ended with",
                    ));
                }
            }
            Ok(Advance::NewEpoch)
        }
        None => {
            let is_older = way(backend, Some(trusted), offered)?.is_some();
            Err(rewritten(if is_older {
                "it was set back to an older state"
            } else {
                "it does not continue the state that this clone has seen"
            }))
        }
    }
}

/// The way from a tip back to one of its ancestors.
struct Way {
    steps: u64,
    /// The first commits of the epochs that were left on the way.
    roots: Vec<Commit>,
}

fn way(backend: &dyn Backend, tip: Option<ObjectId>, wanted: ObjectId) -> Result<Option<Way>> {
    let mut way = Way {
        steps: 0,
        roots: Vec::new(),
    };
    for state in past(backend, tip) {
        let (id, commit) = state?;
        if id == wanted {
            return Ok(Some(way));
        }
        way.steps += 1;
        if commit.epoch_link().is_some() {
            way.roots.push(commit);
        }
    }
    Ok(None)
}

/// Whether the first commit of an epoch has the records of the state that it continues. Only the
/// record that counts the epochs may differ: everything else would be a change that nobody decided.
fn keeps_records(backend: &dyn Backend, root: &Commit) -> Result<bool> {
    let Some(link) = root.epoch_link() else {
        return Ok(false);
    };
    let layer = Layer::new(backend);
    let closed = layer.commit(&link.tip)?.tree;
    let (before, after) = (layer.tree(&closed)?, layer.tree(&root.tree)?);
    let records = |data| -> Result<Vec<_>> {
        let entries = tree::entries(layer.hash(), data)
            .map(|entry| entry.map_err(|why| Error::damaged("the first state of an epoch", why)));
        let mut records = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.name != FORMAT.as_bytes() {
                records.push((entry.name.to_vec(), entry.is_tree, entry.id));
            }
        }
        Ok(records)
    };
    Ok(records(&before)? == records(&after)?)
}
