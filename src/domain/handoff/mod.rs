//! Decisions about handoffs.

mod accept;
mod find;
mod write;

use crate::model::handoff::Ask;
use crate::model::refusal::Refusal;

use super::decide::{Decided, Desk};

pub use find::{all, expect, get, newest, read};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Write(ask) => write::decide(desk, ask),
        Ask::Accept(ask) => accept::decide(desk, ask),
    }
}
