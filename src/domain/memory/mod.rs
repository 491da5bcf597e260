//! Decisions about memories, and how they are ranked when they are recalled.

mod find;
mod forget;
pub mod rank;
mod remember;
pub mod terms;

use crate::model::memory::Ask;
use crate::model::refusal::Refusal;

use super::decide::{Decided, Desk};

pub use find::{get, read};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Remember(ask) => remember::decide(desk, ask),
        Ask::Forget(ask) => forget::decide(desk, ask),
        Ask::Used(ask) => forget::count(desk, ask),
    }
}
