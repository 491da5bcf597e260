//! When a lease has ended. Clocks differ, so this decides when somebody may *try*; who wins is
//! decided by the commit, and a renewal defeats a late takeover whatever any clock says.

use crate::model::key::Key;
use crate::model::lock::Hold;
use crate::model::stamp::{Evidence, Stamp};

/// Added to every observed lease, in seconds.
pub const GRACE_SECS: u64 = 30;

/// For how long an observer must have seen the same revision: the lease, a quarter more for clocks
/// that run at different speeds, and the grace.
pub fn observed_secs(hold: &Hold) -> u64 {
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::ImpatientObserver) {
        return 0;
    }
    let ttl = hold.ttl_secs.secs();
    ttl + ttl / 4 + GRACE_SECS
}

/// Whether a hold has ended, and by which rule.
pub fn ended(key: &Key, hold: &Hold, stamp: &Stamp) -> Option<Evidence> {
    let holder = hold.actor();
    let (key, rev) = (key.clone(), hold.rev);
    if stamp.watch.dead.contains(&holder) {
        return Some(Evidence::Dead { key, holder, rev });
    }
    let sight = (key, holder, rev);
    let seen = stamp.watch.seen.get(&sight).copied();
    let (key, holder, rev) = sight;
    if let Some(secs) = seen.filter(|secs| *secs >= observed_secs(hold)) {
        return Some(Evidence::Observed {
            key,
            holder,
            rev,
            secs,
        });
    }
    let skew_secs = stamp.watch.skew_secs?;
    #[cfg(feature = "planted")]
    let skew_secs = match crate::planted::has(crate::planted::Bug::NoSkew) {
        true => 0,
        false => skew_secs,
    };
    // A record from the future says that one of the two clocks is wrong: it proves nothing.
    let is_past = stamp.at > hold.until().plus_secs(skew_secs) && hold.renewed <= stamp.at;
    is_past.then_some(Evidence::Clock {
        key,
        holder,
        rev,
        skew_secs,
    })
}
