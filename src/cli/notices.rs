//! What happened to the session's locks while it looked away, told beside any command's answer.

use crate::model::notice::NoticeRecord;

use super::page::Page;

pub(super) fn show(page: &Page, notices: &[NoticeRecord]) {
    for notice in notices {
        page.note(&format!("notice: {}", notice.sentence()));
    }
}
