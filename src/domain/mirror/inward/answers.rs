//! What people are told on a page about what they asked for there.

use std::collections::BTreeMap;

use super::super::markdown::{code, plain};
use crate::domain::staged::State;
use crate::model::forge::{AGENT_PREFIX, Login, Number, Repo};
use crate::model::id::OpId;
use crate::model::key::Key;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;
use crate::model::relay::{ANSWERS, AnsweredRecord, Outcome};
use crate::model::reply::Reply;

/// Most keys that are named.
const KEYS_MAX: usize = 4;

/// The answers of the state to what was asked on the pages of a repository, by page and in the order in
/// which it was asked.
///
/// # Errors
/// When the directory cannot be read. An answer that cannot be read is not shown.
pub fn answers(
    state: &dyn State,
    repo: &Repo,
) -> Result<BTreeMap<Number, BTreeMap<OpId, String>>, Damage> {
    let mut all: BTreeMap<Number, BTreeMap<OpId, String>> = BTreeMap::new();
    for (place, bytes) in state.under(ANSWERS)? {
        let Ok(bytes) = bytes else { continue };
        let Ok(answer) = record::parse::<AnsweredRecord>(&place, &bytes) else {
            continue;
        };
        let page = answer.page.as_ref().map(|page| page.as_str());
        let number = page.and_then(|page| {
            let (of, number) = page.rsplit_once('#')?;
            of.eq_ignore_ascii_case(&repo.to_string())
                .then(|| number.parse::<Number>().ok())?
        });
        let agent = answer.head.by.agent.as_str();
        let (Some(number), Some(login)) = (number, agent.strip_prefix(AGENT_PREFIX)) else {
            continue;
        };
        let line = told(login, answer.what.as_str(), &answer.body.result);
        all.entry(number).or_default().insert(answer.id, line);
    }
    Ok(all)
}

/// One line for people: who asked for what, and what came of it.
pub fn line(by: &Login, asked: &str, verdict: &str, said: &str) -> String {
    shown(by.as_str(), asked, verdict, said)
}

fn told(by: &str, asked: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Granted { reply } => {
            let said = reply.as_deref().map(words).unwrap_or_default();
            shown(by, asked, "done", &said)
        }
        Outcome::Refused { refusal } => {
            // Whoever reads it knows what was asked for.
            let said = match &**refusal {
                Refusal::NotAllowed { what } => what.clone(),
                other => other.to_string(),
            };
            shown(by, asked, "refused", &said)
        }
        Outcome::Cancelled {} => shown(by, asked, "taken back", ""),
    }
}

fn shown(by: &str, asked: &str, verdict: &str, said: &str) -> String {
    let line = format!("{} {}: **{}**", code(by), code(asked), plain(verdict, 40));
    match said {
        "" => line,
        said => format!("{line}: {}", code(said)),
    }
}

/// What came of a request that was granted.
pub fn words(reply: &Reply) -> String {
    match reply {
        Reply::Locked { locks, .. } => match locks.first() {
            Some(first) => {
                let keys: Vec<&Key> = locks.iter().map(|lock| &lock.key).collect();
                format!("locked {} until {}", some(&keys), first.until)
            }
            None => String::new(),
        },
        Reply::Unlocked { released, .. } if released.is_empty() => {
            "there was nothing to give back".into()
        }
        Reply::Unlocked { released, .. } => {
            format!("gave back {}", some(&released.iter().collect::<Vec<_>>()))
        }
        Reply::Stolen { lock, from } => match from.first() {
            Some(from) => format!("took {} from {from}", lock.key),
            None => format!("took {}", lock.key),
        },
        Reply::Task(told) => match told.tasks.first() {
            Some(task) => format!("task {} is {}", task.id, task.stage.as_str()),
            None => String::new(),
        },
        Reply::Queue(told) => match (told.entries.first(), &told.line) {
            (Some(entry), _) => format!("{} is {}", entry.id, entry.stage.as_str()),
            (None, Some(line)) if line.paused.is_some() => "the line stops".into(),
            (None, Some(_)) => "the line goes on".into(),
            (None, None) => String::new(),
        },
        _ => String::new(),
    }
}

fn some(keys: &[&Key]) -> String {
    let named = keys.iter().take(KEYS_MAX).map(ToString::to_string);
    let mut text = named.collect::<Vec<_>>().join(", ");
    if keys.len() > KEYS_MAX {
        text.push_str(&format!(" and {} more", keys.len() - KEYS_MAX));
    }
    text
}
