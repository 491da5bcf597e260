//! What sessions are told about locks that they lost: notices are left, taken by whom they are for,
//! and forgotten when nobody came for them.

use std::collections::BTreeMap;

use crate::model::agent::Ask;
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::notice::{Happened, NOTICES, NoticeRecord};
use crate::model::record::{self, Record, VERSION};
use crate::model::refusal::Refusal;
use crate::model::request::Request;
use crate::model::text::Text;

use super::decide::{Desk, impossible};
use super::staged::State;

/// A notice that is older than this is not kept for a session that never came back, in seconds.
const KEPT_SECS: u64 = 7 * 24 * 60 * 60;

/// What the operation that is being decided did to others.
pub(super) type Lost = BTreeMap<Actor, News>;

/// What a session is told.
pub(super) struct News {
    happened: Happened,
    keys: Vec<Key>,
    /// When it is another one than that of the request.
    reason: Option<Text>,
}

impl Desk<'_> {
    /// Takes a hold from its holder, who is told.
    pub(super) fn take(
        &mut self,
        key: &Key,
        holder: &Actor,
        happened: Happened,
    ) -> Result<(), Refusal> {
        self.drop_hold(key, holder)?;
        self.tell(holder, happened, Some(key), None);
        Ok(())
    }

    /// Leaves somebody else a notice. One operation leaves each session one: what happened first is
    /// what it says.
    pub(super) fn tell(
        &mut self,
        whom: &Actor,
        happened: Happened,
        key: Option<&Key>,
        reason: Option<Text>,
    ) {
        let news = self.lost.entry(whom.clone()).or_insert(News {
            happened,
            keys: Vec::new(),
            reason,
        });
        if let Some(key) = key.filter(|key| !news.keys.contains(*key)) {
            news.keys.push(key.clone());
        }
    }

    /// Removes the actor's own notices and returns them: the answer carries them.
    pub(super) fn take_notices(&mut self) -> Result<Vec<NoticeRecord>, Refusal> {
        let mut notices = Vec::new();
        for (place, bytes) in self.staged.under(&NoticeRecord::dir(self.me()))? {
            // A damaged notice stays for `doctor`; it must not stop its reader's work.
            if let Ok(notice) = bytes.and_then(|bytes| record::parse(&place, &bytes)) {
                self.staged.remove(&place);
                notices.push(notice);
            }
        }
        Ok(notices)
    }

    /// Tells those who lost something, and forgets what nobody came for. Only here: as long as
    /// nothing is added, nothing has to go, and most operations need not look at all notices.
    pub(super) fn leave_notices(&mut self, request: &Request) -> Result<(), Refusal> {
        if self.lost.is_empty() {
            return Ok(());
        }
        self.forget_notices();
        let reason: Option<Text> = match request {
            Request::Lock(lock) => lock.reason.clone(),
            Request::Steal(steal) => Some(steal.reason.clone()),
            Request::Agent(Ask::Kick(kick)) => Some(kick.reason.clone()),
            _ => None,
        };
        for (to, news) in std::mem::take(&mut self.lost) {
            let News {
                happened,
                keys,
                reason: own,
            } = news;
            let place = NoticeRecord::place(&to, self.stamp.op).map_err(impossible)?;
            let mut notice = NoticeRecord {
                v: VERSION,
                kind: NoticeRecord::KIND.into(),
                op: self.stamp.op,
                rev: self.staged.next_rev(),
                at: self.stamp.at,
                by: self.stamp.by.clone(),
                happened,
                keys,
                reason: own.or_else(|| reason.clone()),
            };
            // A notice that would be too large names as many keys as fit: it must not keep anybody
            // from taking what is free.
            while let Err(refusal) = self.staged.put(&place, &notice) {
                if notice.keys.len() < 2 {
                    return Err(refusal);
                }
                notice.keys.truncate(notice.keys.len() / 2);
            }
        }
        Ok(())
    }

    fn forget_notices(&mut self) {
        // What cannot be read stays for `doctor`, and is in nobody's way.
        let found = self.staged.under(NOTICES).unwrap_or_default();
        for (place, bytes) in found {
            let notice = bytes.and_then(|bytes| record::parse::<NoticeRecord>(&place, &bytes));
            if notice.is_ok_and(|notice| notice.at.plus_secs(KEPT_SECS) < self.stamp.at) {
                self.staged.remove(&place);
            }
        }
    }
}
