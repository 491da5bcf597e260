//! Keeping memories no longer, and counting how often they were of use.

use std::collections::BTreeSet;

use crate::model::id::Id;
use crate::model::limits::BATCH_MAX;
use crate::model::memory::{Did, Forget, Memory, Told, Used};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::find;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Forget) -> Result<Decided, Refusal> {
    check_count(ask.ids.len())?;
    let mut memories = Vec::new();
    for id in ask.ids.iter().collect::<BTreeSet<_>>() {
        let memory = find::get(&desk.staged, id)?.ok_or_else(|| Refusal::NotFound {
            what: "memory".into(),
            name: id.to_string(),
        })?;
        desk.staged.remove(&Memory::place(id));
        memories.push(memory);
    }
    let by = &desk.me().agent;
    let subject = match memories.as_slice() {
        [one] => format!("forget {} by {by}: {}", one.id, one.summary.as_str()),
        many => format!("forget {} memories by {by}", many.len()),
    };
    let is_change = !memories.is_empty();
    let told = Told {
        did: Did::Forgotten,
        memories,
    };
    Ok(Decided {
        reply: Reply::Memory(Box::new(told)),
        subject,
        is_change,
    })
}

/// Use is counted where it happens and brought along later: what is gone meanwhile is left out.
pub(super) fn count(desk: &mut Desk<'_>, ask: &Used) -> Result<Decided, Refusal> {
    check_count(ask.uses.len())?;
    let mut counted: Vec<&Id> = Vec::new();
    for (id, uses) in &ask.uses {
        // A damaged one stays for `doctor`; it must not stop the change that this rides along with.
        let Ok(Some(memory)) = find::get(&desk.staged, id) else {
            continue;
        };
        // It is the same memory, by the same writer: only the number is new.
        let head = memory.head.clone();
        let body = Memory {
            uses: memory.uses.saturating_add(*uses),
            ..memory.body
        };
        desk.staged
            .put(&Memory::place(id), &Stored { head, body })?;
        counted.push(id);
    }
    let what = match counted.len() {
        1 => "1 memory".to_owned(),
        count => format!("{count} memories"),
    };
    let subject = format!("recall {what} by {}", desk.me().agent);
    Ok(Decided {
        is_change: !counted.is_empty(),
        reply: Reply::Memory(Box::new(Told {
            did: Did::Counted,
            memories: Vec::new(),
        })),
        subject,
    })
}

fn check_count(count: usize) -> Result<(), Refusal> {
    if count > BATCH_MAX {
        return Err(Refusal::Limit {
            what: "memories in one request".into(),
            most: BATCH_MAX,
        });
    }
    Ok(())
}
