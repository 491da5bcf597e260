//! Which deeds are open: without an answer, and such that something can come of them.
//!
//! Most of what happens on pages is about nothing here: pull requests are closed and issues renamed all
//! day. Such a deed never gets an answer, so it has to be known without a call and before anything is
//! counted; else it would stand before what people ask for until it is too old.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Facts, Whys};
use super::{Asked, Wants};
use crate::domain::secret;
use crate::domain::staged::State;
use crate::model::forge::command::Command;
use crate::model::forge::{Label, Login};
use crate::model::id::OpId;
use crate::model::place::Place;
use crate::model::record::{self, Damage};
use crate::model::relay::{ANSWERS, Answered, AnsweredRecord};

/// Most requests that one round takes from the pages.
const ASKED_MAX: usize = 64;

/// Those that a round decides, in their order. With more of them than it takes, everybody gets a turn
/// before anybody gets a second one.
///
/// # Errors
/// When the state cannot be read.
pub fn open(state: &dyn State, mut all: Vec<Asked>) -> Result<Vec<Asked>, Damage> {
    let facts = Facts::read(state, true, Whys::new())?;
    let answered = Answers::read(state)?;
    all.retain(|asked| !answered.has(asked) && is_about_something(&facts, asked));
    Ok(share(all))
}

/// What people have an answer to.
struct Answers {
    ids: BTreeSet<OpId>,
    places: BTreeSet<Place>,
}

impl Answers {
    fn read(state: &dyn State) -> Result<Self, Damage> {
        let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
        for (place, bytes) in state.under(ANSWERS)? {
            let found = bytes.and_then(|bytes| record::parse::<AnsweredRecord>(&place, &bytes));
            ids.extend(
                found
                    .ok()
                    .and_then(|found| found.event.as_ref().map(|_| found.id)),
            );
            places.insert(place);
        }
        Ok(Self { ids, places })
    }

    /// An account may get another name, and the pages then show that one on what it did before: a deed is
    /// known by itself, whoever's name its answer has. One that cannot be read is an answer, too.
    fn has(&self, asked: &Asked) -> bool {
        let place = Answered::place(&asked.by.agent(), asked.id);
        self.ids.contains(&asked.id) || self.places.contains(&place)
    }
}

/// Whether a deed is about a task or a lock that there is. What somebody says always is.
fn is_about_something(facts: &Facts, asked: &Asked) -> bool {
    match &asked.wants {
        Wants::Command(_) | Wants::Unclear(_) => true,
        Wants::Closed(_) | Wants::Reopened | Wants::Renamed(_) => {
            let task = facts.tasks.get(&asked.thread);
            task.is_some_and(|task| task.added_at <= asked.at)
        }
        Wants::LabelGone(label) => {
            let folded = Label::folded(label);
            facts.held.iter().any(|held| {
                held.hold.since.secs_since(asked.at) <= 0
                    && Label::folded(&Label::lock(&held.key).name) == folded
            })
        }
        // With a task there it is one already.
        Wants::Chosen => !facts.tasks.contains_key(&asked.thread),
        Wants::ForcePushed => false,
    }
}

fn share(all: Vec<Asked>) -> Vec<Asked> {
    if all.len() <= ASKED_MAX {
        return all;
    }
    let mut turns: BTreeMap<Login, usize> = BTreeMap::new();
    let turn = |asked: Asked| {
        let turn = turns.entry(asked.by.clone()).or_default();
        *turn += 1;
        (*turn, asked)
    };
    let mut all: Vec<(usize, Asked)> = all.into_iter().map(turn).collect();
    all.sort_by_key(|(turn, _)| *turn);
    all.truncate(ASKED_MAX);
    let mut all: Vec<Asked> = all.into_iter().map(|(_, asked)| asked).collect();
    all.sort_by_key(|asked| asked.at);
    all
}

/// Whether what somebody wrote has something like a secret in it, and may not be kept.
pub fn is_suspect(asked: &Asked) -> bool {
    let mut texts = vec![asked.shown.as_str()];
    match &asked.wants {
        Wants::Command(Command::Lock { keys, ttl, reason }) => {
            texts.extend(keys.iter().map(String::as_str));
            texts.extend(ttl.as_deref());
            texts.extend(reason.as_deref());
        }
        Wants::Command(Command::Unlock { keys }) => texts.extend(keys.iter().map(String::as_str)),
        Wants::Command(
            Command::Unqueue { reason }
            | Command::Pause { reason, .. }
            | Command::Release { reason },
        ) => texts.extend(reason.as_deref()),
        Wants::Renamed(title) => texts.push(title),
        _ => {}
    }
    texts.into_iter().any(secret::is_suspect)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::{ASKED_MAX, Asked, Wants, share};
    use crate::domain::mirror::inward::identity;
    use crate::model::forge::command::Command;

    fn deed(by: &str, secs: i64) -> Asked {
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + secs, 0);
        let at = at.unwrap().into();
        Asked {
            id: identity(&format!("IC_{secs}"), at, 0, 0),
            command: 0,
            event: format!("IC_{secs}"),
            thread: 1,
            by: by.parse().unwrap(),
            at,
            shown: "/coord queue".into(),
            wants: Wants::Command(Command::Queue { head: None }),
        }
    }

    #[test]
    fn who_asks_for_much_does_not_keep_others_waiting() {
        let mut all: Vec<Asked> = (0..200).map(|secs| deed("eve", secs)).collect();
        all.push(deed("ada", 200));
        let taken = share(all.clone());
        assert_eq!(taken.len(), ASKED_MAX);
        assert_eq!(taken.last().unwrap().by.as_str(), "ada");
        assert!(taken.is_sorted_by_key(|asked| asked.at));
        all.drain(..200 - ASKED_MAX + 1);
        assert_eq!(share(all.clone()), all);
    }
}
