//! Notices that a session has not been shown yet.

use crate::domain::State;
use crate::model::notice::NoticeRecord;
use crate::model::record;

use super::{Coord, request};

/// Those in the last view that were not returned before. A view that cannot be read has none: the
/// command itself reports that.
pub(super) fn unseen(coord: &Coord) -> Vec<NoticeRecord> {
    let mut notices = match coord.is_by_branch() {
        true => request::news(coord),
        false => Vec::new(),
    };
    notices.append(&mut stored(coord));
    notices
}

fn stored(coord: &Coord) -> Vec<NoticeRecord> {
    let dir = NoticeRecord::dir(coord.actor());
    let Ok(view) = coord.view(None) else {
        return Vec::new();
    };
    let Ok(found) = view.under(&dir) else {
        return Vec::new();
    };
    if found.is_empty() {
        return Vec::new();
    }
    let sessions = coord.sessions();
    let shown = sessions.load(coord.actor()).shown;
    let notices: Vec<NoticeRecord> = found
        .into_iter()
        .filter_map(|(place, bytes)| record::parse(&place, &bytes.ok()?).ok())
        .filter(|notice: &NoticeRecord| !shown.contains(&notice.op))
        .collect();
    if !notices.is_empty() {
        sessions.update(coord.actor(), |session| {
            session.shown.extend(notices.iter().map(|notice| notice.op));
            // Who was taken for gone and is not says so with its next change.
            session.present = None;
        });
    }
    notices
}
