//! What people ask for on the pages, from there into the state.
//!
//! Everything that would change something has its answer in the state, and nothing else remembers that
//! it was answered: a round that is ended anywhere is made again, and two at once find each other's
//! answers. What is only a question, or no command at all, is told anew by each round.

mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use crate::coord::Failure;
use crate::coord::relay::ForPerson;
use crate::domain::mirror::inward::{Asked, Wants, answers, asked, line};
use crate::domain::mirror::{MARKER, Told};
use crate::env;
use crate::github::{Reader, Trouble};
use crate::model::forge::{Login, Number, Permission, Repo, Thread};
use crate::model::id::OpId;
use crate::model::relay::HORIZON_SECS;
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::super::Context;
use resolve::{Steps, said_now};

/// Most requests that one round takes from the pages.
const ASKED_MAX: usize = 64;

/// Takes what people ask for on the pages.
pub(super) struct Inward<'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) reader: &'c Reader<'c>,
    pub(super) repo: &'c Repo,
    /// Whose token this is.
    pub(super) me: &'c Login,
    pub(super) is_dry: bool,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Taken {
    /// What is told on each page.
    pub(super) told: Told,
    /// What was decided, for whoever runs the mirror.
    pub(super) decided: Vec<String>,
    /// What could not be done, and is tried again by the next round.
    pub(super) troubles: Vec<String>,
}

impl Inward<'_> {
    /// One round.
    ///
    /// # Errors
    /// When the pages cannot be read or the state cannot be published.
    pub(super) fn take(&self) -> Result<Taken, Failure> {
        let mut taken = Taken::default();
        let all = self.asked().map_err(|trouble| self.failed(trouble))?;
        let mut lines: BTreeMap<Number, BTreeMap<OpId, String>> = BTreeMap::new();
        // Questions are answered as things are when all else is decided.
        let is_plain = |asked: &Asked| match &asked.wants {
            Wants::Unclear(_) => true,
            Wants::Command(command) => command.only_reads(),
            _ => false,
        };
        let (plain, open): (Vec<Asked>, Vec<Asked>) = all.into_iter().partition(is_plain);
        let open = self.unanswered(open)?;
        self.decide(open, &mut lines, &mut taken);
        let view = self.context.coord.view(None)?;
        for asked in plain {
            let (verdict, said) = match &asked.wants {
                Wants::Unclear(why) => ("not understood", why.clone()),
                Wants::Command(command) => ("told", said_now(self.context, &view, command)?),
                _ => continue,
            };
            let line = line_of(&asked, verdict, &said);
            lines
                .entry(asked.thread)
                .or_default()
                .insert(asked.id, line);
        }
        for (number, told) in
            answers(&view, self.repo).map_err(crate::model::refusal::Refusal::from)?
        {
            lines.entry(number).or_default().extend(told);
        }
        taken.told = lines
            .into_iter()
            .map(|(number, lines)| (number, lines.into_values().collect()))
            .collect();
        Ok(taken)
    }

    /// What is asked for on the pages and young enough to be decided.
    fn asked(&self) -> Result<Vec<Asked>, Trouble> {
        let now = env::now().utc();
        let age = chrono::TimeDelta::seconds(i64::try_from(HORIZON_SECS).unwrap_or(i64::MAX));
        let since: Timestamp = (now - age).into();
        let deeds = self.reader.deeds(since, MARKER)?;
        let own = deeds
            .comments
            .iter()
            .filter(|it| it.body.starts_with(MARKER));
        let mut mirrors: BTreeSet<Login> = own.filter_map(|it| it.author.clone()).collect();
        mirrors.insert(self.me.clone());
        Ok(asked(&deeds.comments, &deeds.happened, &mirrors, since))
    }

    /// Those without an answer, the oldest ones.
    fn unanswered(&self, all: Vec<Asked>) -> Result<Vec<Asked>, Failure> {
        let mut open = Vec::new();
        for asked in all {
            let agent = asked.by.agent();
            if open.len() < ASKED_MAX && self.context.coord.answered(&agent, asked.id)?.is_none() {
                open.push(asked);
            }
        }
        Ok(open)
    }

    fn decide(
        &self,
        open: Vec<Asked>,
        lines: &mut BTreeMap<Number, BTreeMap<OpId, String>>,
        taken: &mut Taken,
    ) {
        let mut rights: BTreeMap<Login, Permission> = BTreeMap::new();
        let mut threads: BTreeMap<Number, Option<Thread>> = BTreeMap::new();
        for asked in open {
            // What is the matter with one of them stops no other.
            match self.decide_one(&asked, &mut rights, &mut threads, taken) {
                Ok(None) => {}
                Ok(Some(why)) => {
                    let line = line_of(&asked, "not decided", &why);
                    lines
                        .entry(asked.thread)
                        .or_default()
                        .insert(asked.id, line);
                }
                Err(why) => taken
                    .troubles
                    .push(format!("#{}: {}: {why}", asked.thread, asked.shown)),
            }
        }
    }

    /// Decides one, and says why it cannot be decided at all.
    fn decide_one(
        &self,
        asked: &Asked,
        rights: &mut BTreeMap<Login, Permission>,
        threads: &mut BTreeMap<Number, Option<Thread>>,
        taken: &mut Taken,
    ) -> Result<Option<String>, Failure> {
        let thread = match threads.get(&asked.thread) {
            Some(known) => known.clone(),
            None => {
                let found = self.thread(asked.thread);
                let found = found.map_err(|trouble| self.failed(trouble))?;
                threads.entry(asked.thread).or_insert(found).clone()
            }
        };
        // Deleted, or moved to where somebody else mirrors it.
        let Some(thread) = thread else {
            return Ok(None);
        };
        let permission = match rights.get(&asked.by) {
            Some(known) => *known,
            None => {
                let found = self.reader.permission(&asked.by);
                let found = found.map_err(|trouble| self.failed(trouble))?;
                *rights.entry(asked.by.clone()).or_insert(found)
            }
        };
        // On what the one before has left.
        let all = match self.steps(asked, &thread, permission)? {
            Steps::Nothing => return Ok(None),
            Steps::Ask(all) => all,
        };
        let what = format!("#{}: {} by {}", asked.thread, asked.shown, asked.by);
        if self.is_dry {
            taken.decided.push(what);
            return Ok(None);
        }
        let outcomes = self.context.coord.decide_for_people(all)?;
        let why = outcomes.into_iter().find_map(Result::err);
        if why.is_none() {
            taken.decided.push(what);
        }
        Ok(why)
    }

    fn thread(&self, number: Number) -> Result<Option<Thread>, Trouble> {
        let found = self.reader.whole(number);
        match found {
            Ok(thread) => Ok(Some(thread)),
            Err(Trouble::Missing(_) | Trouble::Gone(_)) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    fn failed(&self, trouble: Trouble) -> Failure {
        trouble.into_failure(self.reader.client().place().host())
    }
}

fn line_of(asked: &Asked, verdict: &str, said: &str) -> String {
    line(&asked.by, &asked.shown, verdict, said)
}

/// Words as they are kept.
fn text(words: &str) -> Text {
    const CHARS_MAX: usize = 250;
    let words: String = words.chars().take(CHARS_MAX).collect();
    words
        .parse()
        .or_else(|_| "something".parse())
        .expect("because the other one is a text")
}

/// Requests of one deed, in their order.
type All = Vec<ForPerson>;
