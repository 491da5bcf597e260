//! Facts for the log, such as a hook that was bypassed.

use crate::model::reply::Reply;
use crate::model::request::Note;

use super::decide::Decided;

pub(super) fn decide(request: &Note) -> Decided {
    Decided::change(Reply::Noted, format!("note: {}", request.text.as_str()))
}
