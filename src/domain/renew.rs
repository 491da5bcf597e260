//! Counting leases from now.

use crate::model::key::Key;
use crate::model::refusal::Refusal;
use crate::model::reply::{Granted, How, Reply};
use crate::model::request::Renew;
use crate::model::time::Ttl;

use super::decide::{Decided, Desk, some_keys};
use super::locks;
use super::unlock::own_keys;

pub(super) fn decide(desk: &mut Desk<'_>, request: &Renew) -> Result<Decided, Refusal> {
    let keys = own_keys(desk, &request.which)?;
    let mut renewed = Vec::new();
    for key in &keys {
        renewed.extend(renew(desk, key, request.ttl_secs)?);
    }
    let subject = format!("renew {} by {}", some_keys(&keys), desk.me().agent);
    let is_change = !keys.is_empty();
    Ok(Decided {
        reply: Reply::Renewed { locks: renewed },
        subject,
        is_change,
    })
}

/// Renews one own lock as it stands now: a lock that was released or taken cannot come back.
pub(super) fn renew(
    desk: &mut Desk<'_>,
    key: &Key,
    ttl: Option<Ttl>,
) -> Result<Option<Granted>, Refusal> {
    let Some(lock) = locks::get(&desk.staged, key)? else {
        return Ok(None);
    };
    let (me, at, rev) = (desk.me().clone(), desk.stamp.at, desk.staged.next_rev());
    let mut holds = lock.holds.clone();
    let Some(own) = holds.iter_mut().find(|hold| hold.is_of(&me)) else {
        return Ok(None);
    };
    #[cfg(feature = "planted")]
    let rev = match crate::planted::has(crate::planted::Bug::FenceNotBumped) {
        true => own.rev,
        false => rev,
    };
    own.rev = rev;
    own.renewed = at;
    own.ttl_secs = ttl.unwrap_or(own.ttl_secs);
    let until = own.until();
    desk.set_holds(&lock, holds)?;
    Ok(Some(Granted {
        key: key.clone(),
        mode: lock.mode,
        rev,
        until,
        how: How::Refreshed,
    }))
}

/// Renews those of the actor's locks that are past half of their lease, along with its own change.
pub(super) fn along(desk: &mut Desk<'_>, known: &[Key]) -> Result<Vec<Key>, Refusal> {
    let mut renewed = Vec::new();
    for key in known {
        // A damaged lock is not renewed, and does not stop the operation that it is no part of.
        let Ok(Some(lock)) = locks::get(&desk.staged, key) else {
            continue;
        };
        let own = lock.holds.iter().find(|hold| hold.is_of(desk.me()));
        if own.is_some_and(|hold| hold.is_half_gone(desk.stamp.at)) {
            renewed.extend(renew(desk, key, None)?.map(|granted| granted.key));
        }
    }
    Ok(renewed)
}
