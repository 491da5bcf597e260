//! Notices that a session has not been shown yet.

use crate::domain::State;
use crate::model::notice::NoticeRecord;
use crate::model::record;

use super::{Coord, request};

/// Those in the last view that were not returned before, up to the first that does not fit. A view
/// that cannot be read has none: the command itself reports that.
pub(super) fn unseen(coord: &Coord, fits: impl FnMut(&NoticeRecord) -> bool) -> Vec<NoticeRecord> {
    let mut notices = match coord.is_by_branch() {
        // There are as many as this clone has asked.
        true => request::news(coord),
        false => Vec::new(),
    };
    notices.append(&mut stored(coord, fits));
    notices
}

fn stored(coord: &Coord, fits: impl FnMut(&NoticeRecord) -> bool) -> Vec<NoticeRecord> {
    let dir = NoticeRecord::dir(coord.actor());
    let Ok(view) = coord.view(None) else {
        return Vec::new();
    };
    let found = view.under(&dir).unwrap_or_default();
    let sessions = coord.sessions();
    let session = sessions.load(coord.actor());
    if found.is_empty() && session.untold.is_empty() {
        return Vec::new();
    }
    let there = found
        .into_iter()
        .filter_map(|(place, bytes)| record::parse(&place, &bytes.ok()?).ok())
        .filter(|notice: &NoticeRecord| !session.shown.contains(&notice.op));
    let mut there: Vec<NoticeRecord> = there.collect();
    let is_gone = |notice: &NoticeRecord| there.iter().all(|other| other.op != notice.op);
    let untold = session.untold.into_iter().filter(is_gone);
    let mut all: Vec<NoticeRecord> = untold.collect();
    let gone = all.len();
    all.append(&mut there);
    let notices: Vec<NoticeRecord> = all.into_iter().take_while(fits).collect();
    if !notices.is_empty() {
        sessions.update(coord.actor(), |session| {
            for (nth, notice) in notices.iter().enumerate() {
                session.untold.retain(|untold| untold.op != notice.op);
                // Those that are gone from the state come there no more.
                if nth >= gone {
                    session.shown.insert(notice.op);
                }
            }
            // Who was taken for gone and is not says so with its next change.
            session.present = None;
        });
    }
    notices
}
