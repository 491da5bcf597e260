//! Closing an epoch: the same records at the root of a new chain.

use crate::model::refusal::Refusal;
use crate::model::reply::Reply;

use super::decide::{Decided, Desk};

pub(super) fn decide(desk: &mut Desk<'_>, epoch: u64) -> Result<Decided, Refusal> {
    let next = epoch.checked_add(1).ok_or_else(|| Refusal::Limit {
        what: "epochs".into(),
        most: usize::MAX,
    })?;
    desk.set_epoch(next)?;
    let subject = format!("begin epoch {next} by {}", desk.me().agent);
    Ok(Decided::change(Reply::Compacted { epoch: next }, subject))
}
