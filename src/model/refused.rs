//! An operation that was refused, as the log keeps it: in few words, because it rides along in the
//! commit of another one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::OpId;
use super::limits::REFUSED_ENTRIES_MAX;
use super::refusal::Refusal;
use super::request::{Request, Which};
use super::time::Timestamp;
use super::{feature, handoff, memory, message, queue, task, value};

/// An operation that was refused, remembered where it was asked. Nobody decides it again, so long
/// lists in it are cut; the answer that was given at the time had them whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The operation's identity.
    pub op: OpId,
    /// When.
    pub at: Timestamp,
    /// What was asked; of each list the first 16.
    pub request: Request,
    /// How many keys and paths of the request are left out.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more_asked: usize,
    /// The answer; of each list the first 16.
    pub refusal: Refusal,
    /// How many of the keys and locks that the answer named are left out.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more_in_the_way: usize,
}

impl Refused {
    /// Cuts what is too long.
    pub fn new(op: OpId, at: Timestamp, mut request: Request, mut refusal: Refusal) -> Self {
        let more_asked = cut_request(&mut request);
        let more_in_the_way = cut_refusal(&mut refusal);
        Self {
            op,
            at,
            request,
            more_asked,
            refusal,
            more_in_the_way,
        }
    }
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Cuts a list and returns how much of it is gone.
fn cut<T>(list: &mut Vec<T>) -> usize {
    let more = list.len().saturating_sub(REFUSED_ENTRIES_MAX);
    list.truncate(REFUSED_ENTRIES_MAX);
    more
}

/// Records are large, and which they were is in the chain that they came from.
fn cut_records(records: &mut Vec<super::request::Brought>) -> usize {
    std::mem::take(records).len()
}

fn cut_request(request: &mut Request) -> usize {
    match request {
        Request::Lock(lock) => cut(&mut lock.keys),
        Request::Unlock(unlock) => cut_which(&mut unlock.which),
        Request::Renew(renew) => cut_which(&mut renew.which),
        Request::Land(land) => cut(&mut land.paths) + cut(&mut land.require),
        Request::Note(note) => cut(&mut note.paths),
        Request::Adopt(adopt) => cut(&mut adopt.locks) + cut_records(&mut adopt.records),
        Request::Task(ask) => cut_task(ask),
        Request::Message(ask) => {
            if let message::Ask::Send(send) = ask {
                send.text = send.text.beginning();
            }
            0
        }
        Request::Handoff(handoff::Ask::Write(write)) => {
            let said = &mut write.content;
            cut(&mut said.done)
                + cut(&mut said.in_progress)
                + cut(&mut said.decisions)
                + cut(&mut said.open_questions)
                + cut(&mut said.next_steps)
                + cut(&mut said.files)
        }
        Request::Handoff(handoff::Ask::Accept(_)) => 0,
        Request::Memory(ask) => {
            if let memory::Ask::Remember(remember) = ask {
                remember.details = remember.details.take().map(|text| text.beginning());
            }
            0
        }
        Request::Queue(ask) => cut_queue(ask),
        Request::Feature(ask) => cut_feature(ask),
        Request::Value(ask) => cut_value(&mut ask.change),
        // None is remembered as refused: a relay records its answers.
        Request::Relay(_)
        | Request::Steal(_)
        | Request::Leave(_)
        | Request::Agent(_)
        | Request::Gc(_)
        | Request::Compact(_) => 0,
    }
}

fn cut_feature(ask: &mut feature::Ask) -> usize {
    match ask {
        feature::Ask::Register(register) => cut(&mut register.claims),
        feature::Ask::Update(update) => {
            cut(&mut update.add_claims) + cut(&mut update.remove_claims)
        }
        feature::Ask::Finish(_) => 0,
    }
}

fn cut_task(ask: &mut task::Ask) -> usize {
    match ask {
        task::Ask::Add(add) => {
            let more = cut(&mut add.tasks);
            for new in &mut add.tasks {
                new.body = new.body.take().map(|body| body.beginning());
            }
            more
        }
        task::Ask::Edit(edit) => {
            edit.body = edit.body.take().map(|body| body.beginning());
            0
        }
        task::Ask::Comment(comment) => {
            comment.text = comment.text.beginning();
            0
        }
        task::Ask::Done(done) => cut_json(&mut done.result),
        task::Ask::Fail(fail) => cut_json(&mut fail.result),
        task::Ask::Cancel(cancel) => cut(&mut cancel.ids),
        _ => 0,
    }
}

fn cut_queue(ask: &mut queue::Ask) -> usize {
    match ask {
        queue::Ask::Add(add) => cut(&mut add.paths),
        queue::Ask::Retry(retry) => cut(&mut retry.paths),
        queue::Ask::Land(land) => {
            let paths: usize = land
                .entries
                .iter_mut()
                .map(|entry| cut(&mut entry.paths))
                .sum();
            paths + cut(&mut land.entries)
        }
        queue::Ask::Settle(settle) => {
            let paths: usize = settle.paths.values_mut().map(cut).sum();
            paths + cut(&mut settle.entries)
        }
        queue::Ask::Ran(ran) => {
            if let Some(run) = &mut ran.run {
                run.tail = run.tail.take().map(|tail| tail.beginning());
            }
            0
        }
        queue::Ask::Drop(_)
        | queue::Ask::Pause(_)
        | queue::Ask::Start(_)
        | queue::Ask::Evict(_) => 0,
    }
}

fn cut_value(change: &mut value::Change) -> usize {
    match change {
        value::Change::Set(json) | value::Change::Merge(json) | value::Change::Append(json) => {
            let mut whole = Some(std::mem::take(json));
            let more = cut_json(&mut whole);
            *json = whole.unwrap_or_default();
            more
        }
        value::Change::Incr(_) | value::Change::Delete => 0,
    }
}

/// A large JSON is left out whole: half of one is none.
fn cut_json(json: &mut Option<serde_json::Value>) -> usize {
    const BYTES_MAX: usize = 1024;
    let is_large = json
        .as_ref()
        .is_some_and(|json| json.to_string().len() > BYTES_MAX);
    if is_large {
        *json = None;
    }
    usize::from(is_large)
}

fn cut_which(which: &mut Which) -> usize {
    match which {
        Which::Keys(keys) => cut(keys),
        Which::All => 0,
    }
}

fn cut_refusal(refusal: &mut Refusal) -> usize {
    match refusal {
        Refusal::LockHeld { conflicts } | Refusal::OtherSession { conflicts } => cut(conflicts),
        Refusal::Reserved { ahead } => cut(ahead),
        // A circle says nothing unless it is whole.
        Refusal::Deadlock { cycle: _, held } => cut(held),
        Refusal::NotHeld { keys, conflicts } => cut(keys) + cut(conflicts),
        Refusal::LockRequired { paths } => cut(paths),
        Refusal::Cycle { ids } => cut(ids),
        Refusal::NotFound { .. }
        | Refusal::Exists { .. }
        | Refusal::NotYours { .. }
        | Refusal::WrongState { .. }
        | Refusal::NothingReady { .. }
        | Refusal::Secret { .. }
        | Refusal::Changed { .. }
        | Refusal::NotAllowed { .. }
        | Refusal::RevChanged { .. }
        | Refusal::Behind { .. }
        | Refusal::Limit { .. }
        | Refusal::Damaged { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::Key;
    use crate::model::request::{Land, Landed};

    fn keys(count: usize) -> Vec<Key> {
        let keys = (0..count).map(|n| format!("src/{n}.rs").parse());
        keys.collect::<Result<_, _>>().expect("they are keys")
    }

    fn refused(asked: usize, required: usize) -> Refused {
        let request = Request::Land(Land {
            target: "refs/heads/main".parse().expect("it is a text"),
            old: None,
            new: "1".repeat(40).parse().expect("it is an id"),
            paths: keys(asked),
            locks: Landed::Renew,
            require: Vec::new(),
            branch: None,
        });
        let refusal = Refusal::LockRequired {
            paths: keys(required),
        };
        let at = chrono::DateTime::UNIX_EPOCH.into();
        Refused::new(OpId::new(ulid::Ulid::nil()), at, request, refusal)
    }

    #[test]
    fn long_lists_are_cut_and_the_rest_is_counted() {
        let short = refused(16, 2);
        assert_eq!((short.more_asked, short.more_in_the_way), (0, 0));
        let json = serde_json::to_string(&short).expect("it is plain");
        assert!(!json.contains("more_"), "{json}");
        assert_eq!(serde_json::from_str::<Refused>(&json).ok(), Some(short));
        let long = refused(10_000, 17);
        assert_eq!((long.more_asked, long.more_in_the_way), (9_984, 1));
        let json = serde_json::to_string(&long).expect("it is plain");
        assert!(json.len() < 2_000, "{json}");
        assert_eq!(serde_json::from_str::<Refused>(&json).ok(), Some(long));
    }
}
