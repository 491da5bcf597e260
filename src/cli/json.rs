//! Answers and failures as one JSON object on one line.

use serde::Serialize;

use crate::coord::Failure;
use crate::model::key::Here;
use crate::model::notice::NoticeRecord;
use crate::ops::Answer;
use crate::ops::envelope::{No, Yes};

pub(super) fn of_answer(answer: &Answer, notices: &[NoticeRecord]) -> String {
    line(&Yes::answer(answer, notices))
}

/// A page that is asked for with `--json`.
pub(super) fn of_page(text: &str) -> String {
    line(&Yes::page(text))
}

pub(super) fn of_failure(failure: &Failure, here: &Here, notices: &[NoticeRecord]) -> String {
    line(&No::of(failure, here, notices))
}

/// JSON escapes the C0 controls; what else could move a terminal's cursor is escaped here.
fn line(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("every key of an answer is a text");
    let mut out = String::with_capacity(text.len() + 1);
    let mut units = [0; 2];
    for c in text.chars() {
        if crate::model::text::shown(c.encode_utf8(&mut [0; 4])).starts_with('\\') && c != '\\' {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}
