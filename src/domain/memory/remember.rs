//! Keeping something in mind, and adding to it when the same is said again soon.

use crate::model::id::Id;
use crate::model::limits::{LIST_MAX, LONG_BYTES_MAX};
use crate::model::memory::{Did, Memory, MemoryRecord, Remember, Told};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;
use crate::model::text::Long;
use crate::model::time::Timestamp;

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::{find, terms};

/// For how long the same is taken for the same occasion.
const SAME_SECS: i64 = 60 * 60;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Remember) -> Result<Decided, Refusal> {
    secret::check(ask.texts(), &ask.allow_secrets)?;
    let longest = ask.lessons.len().max(ask.tags.len()).max(ask.files.len());
    if longest > LIST_MAX {
        return Err(Refusal::Limit {
            what: "items in one list of a memory".into(),
            most: LIST_MAX,
        });
    }
    let at = desk.stamp.at;
    // What is said within the hour has its name from this hour or from the last one, so that it is
    // found without looking at any other memory.
    let (this_hour, last_hour) = (name(desk, ask, at, 0), name(desk, ask, at, 1));
    for id in [&this_hour, &last_hour] {
        let Some(memory) = find::get(&desk.staged, id)? else {
            continue;
        };
        let age = at.secs_since(memory.since).abs();
        if age <= SAME_SECS
            && is_same(desk, ask, &memory)
            && let Some(body) = merged(&memory, ask)
        {
            return keep(desk, body, Did::Merged);
        }
    }
    let id = match find::get(&desk.staged, &this_hour)? {
        None => this_hour,
        Some(_) => desk.fresh_id(&mut 0, |id| Ok(find::get(&desk.staged, id)?.is_some()))?,
    };
    let body = Memory {
        id,
        sort: ask.sort,
        summary: ask.summary.clone(),
        details: ask.details.clone(),
        outcome: ask.outcome,
        lessons: ask.lessons.clone(),
        tags: ask.tags.clone(),
        files: ask.files.clone(),
        commits: ask.commit.into_iter().collect(),
        importance: ask.importance,
        uses: 0,
        times: 1,
        agent: desk.me().agent.clone(),
        since: at,
    };
    keep(desk, body, Did::Remembered)
}

fn keep(desk: &mut Desk<'_>, body: Memory, did: Did) -> Result<Decided, Refusal> {
    let word = match did {
        Did::Merged => "remember again",
        Did::Remembered | Did::Forgotten | Did::Counted => "remember",
    };
    let subject = format!(
        "{word} {} by {}: {} {}",
        body.id,
        desk.me().agent,
        body.sort.as_str(),
        body.summary.as_str()
    );
    let memory = Stored::new(desk.stamp, desk.staged.next_rev(), body);
    desk.staged.put(&Memory::place(&memory.id), &memory)?;
    let told = Told {
        did,
        memories: vec![memory],
    };
    Ok(Decided::change(Reply::Memory(Box::new(told)), subject))
}

/// The name of what is said in an hour: the same words have the same.
fn name(desk: &Desk<'_>, ask: &Remember, at: Timestamp, hours_ago: i64) -> Id {
    let hour = at.utc().timestamp().div_euclid(SAME_SECS) - hours_ago;
    let words = terms::words(ask.summary.as_str()).join(" ");
    // Eight digits, as other names have.
    let mut name = Id::of_text(&format!(
        "{}\n{}\n{}\n{words}\n{hour}",
        desk.me().agent,
        ask.sort.as_str(),
        ask.outcome.as_str(),
    ))
    .to_string();
    name.truncate(8);
    name.parse().unwrap_or_else(|_| Id::of_op(desk.stamp.op, 0))
}

/// Whether a memory says the same: of the same sort and outcome, by the same agent, in the same
/// words.
fn is_same(desk: &Desk<'_>, ask: &Remember, memory: &Memory) -> bool {
    let words = |text: &str| match terms::words(text) {
        none if none.is_empty() => vec![text.to_owned()],
        words => words,
    };
    memory.agent == desk.me().agent
        && memory.sort == ask.sort
        && memory.outcome == ask.outcome
        && words(memory.summary.as_str()) == words(ask.summary.as_str())
}

/// The memory with all that is new added; none when that does not fit, and then it is kept apart.
fn merged(memory: &MemoryRecord, ask: &Remember) -> Option<Memory> {
    let mut body = memory.body.clone();
    let mut details: Vec<&str> = body.details.iter().map(Long::as_str).collect();
    // The same words may be spelled otherwise; that is kept too.
    let spelled = (ask.summary != body.summary).then(|| ask.summary.as_str());
    let more = spelled
        .into_iter()
        .chain(ask.details.iter().map(Long::as_str));
    for text in more {
        if !details.iter().any(|known| known.contains(text)) {
            details.push(text);
        }
    }
    let details = details.join("\n\n");
    if details.len() > LONG_BYTES_MAX {
        return None;
    }
    body.details = Long::try_from(details).ok();
    unite(&mut body.lessons, &ask.lessons);
    unite(&mut body.files, &ask.files);
    unite(&mut body.commits, ask.commit.as_slice());
    body.tags.extend(ask.tags.iter().cloned());
    let longest = [
        body.lessons.len(),
        body.files.len(),
        body.commits.len(),
        body.tags.len(),
    ];
    if longest.into_iter().any(|length| length > LIST_MAX) {
        return None;
    }
    body.importance = body.importance.max(ask.importance);
    body.times = body.times.saturating_add(1);
    Some(body)
}

fn unite<T: Clone + PartialEq>(list: &mut Vec<T>, more: &[T]) {
    for item in more {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}
