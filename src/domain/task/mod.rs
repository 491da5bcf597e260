//! Decisions about tasks.

mod add;
pub mod find;

use crate::model::refusal::Refusal;
use crate::model::task::Ask;

use super::decide::{Decided, Desk};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Add(ask) => add::decide(desk, ask),
        _ => unimplemented!("the rest of the room"),
    }
}
