//! What happened to the session's locks while it looked away, told beside any command's answer.

use crate::model::notice::{Happened, NoticeRecord};
use crate::model::text::shown;

use super::page::Page;

pub(super) fn show(page: &Page, notices: &[NoticeRecord]) {
    for notice in notices {
        let keys: Vec<String> = notice.keys.iter().map(|key| format!("`{key}`")).collect();
        let keys = keys.join(", ");
        let (by, at) = (&notice.by, notice.at);
        let what = match notice.happened {
            Happened::Stolen => format!("{by} took your lock on {keys} at {at}"),
            Happened::Lapsed => {
                format!("your lease on {keys} had ended, and {by} holds it since {at}")
            }
            Happened::Died => {
                format!("your process was gone, and {by} holds {keys} since {at}")
            }
            Happened::Takeover => format!("{by} took over {keys} at {at}"),
            Happened::Handover => {
                format!("{by} accepted your handoff at {at} and holds {keys} now")
            }
            Happened::Over => format!("{by} ended {keys} at {at}; stop working on it"),
            Happened::Wanted => {
                format!("{by} asks to have {keys} back since {at}: `git coord task release`")
            }
            Happened::Kicked if notice.keys.is_empty() => {
                format!("{by} ended your session at {at}")
            }
            Happened::Kicked => {
                format!("{by} ended your session at {at}; what it held is free: {keys}")
            }
        };
        let why = notice
            .reason
            .as_ref()
            .map(|why| format!(": {}", shown(why.as_str())));
        page.note(&format!("notice: {what}{}", why.unwrap_or_default()));
    }
}
