//! What people ask for on the pages, from there into the state.
//!
//! Everything that would change something has its answer in the state, and nothing else remembers that
//! it was answered: a round that is ended anywhere is made again, and two at once find each other's
//! answers. What is only a question, or no command at all, is told anew by each round.

mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::coord::Failure;
use crate::coord::relay::ForPerson;
use crate::domain::mirror::inward::{Asked, Wants, answers, asked, line, open as open_of};
use crate::domain::mirror::{MARKER, Told};
use crate::env;
use crate::github::{Reader, Trouble};
use crate::model::forge::{Deed, Login, Number, Permission, Repo, Thread};
use crate::model::id::OpId;
use crate::model::refusal::Refusal;
use crate::model::relay::HORIZON_SECS;
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::super::Context;
use resolve::{Steps, said_now};

/// When the branch of a pull request was last pushed with force, of late.
type Forced = BTreeMap<Number, Timestamp>;

/// Takes what people ask for on the pages.
pub(super) struct Inward<'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) reader: &'c Reader<'c>,
    pub(super) repo: &'c Repo,
    /// Whose token this is.
    pub(super) me: &'c Login,
    /// The label of issues that are tasks.
    pub(super) issues: Option<&'c str>,
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
        let (all, forced) = self.asked().map_err(|trouble| self.failed(trouble))?;
        // What has its answer is seen in the state as it is now, and not as it was when this clone last
        // looked.
        let now = self.context.coord.view(Some(Duration::ZERO))?;
        let mut lines: BTreeMap<Number, BTreeMap<OpId, String>> = BTreeMap::new();
        // Questions are answered as things are when all else is decided.
        let is_plain = |asked: &Asked| match &asked.wants {
            Wants::Unclear(_) => true,
            Wants::Command(command) => command.only_reads(),
            _ => false,
        };
        let (plain, open): (Vec<Asked>, Vec<Asked>) = all.into_iter().partition(is_plain);
        let open = open_of(&now, open).map_err(Refusal::from)?;
        drop(now);
        self.decide(open, &forced, &mut lines, &mut taken)?;
        let view = self.context.coord.view(None)?;
        for asked in plain {
            let (verdict, said) = match &asked.wants {
                Wants::Unclear(why) => ("not understood", why.clone()),
                // A record that cannot be read is said where it is asked for, and stops no other.
                Wants::Command(command) => match said_now(self.context, &view, command) {
                    Ok(said) => ("told", said),
                    Err(why) => ("not known", why.to_string()),
                },
                _ => continue,
            };
            let line = line_of(&asked, verdict, &said);
            lines
                .entry(asked.thread)
                .or_default()
                .insert(asked.id, line);
        }
        for (number, told) in answers(&view, self.repo).map_err(Refusal::from)? {
            lines.entry(number).or_default().extend(told);
        }
        taken.told = lines
            .into_iter()
            .map(|(number, lines)| (number, lines.into_values().collect()))
            .collect();
        Ok(taken)
    }

    /// What is asked for on the pages and young enough to be decided, and when branches were last pushed
    /// with force.
    fn asked(&self) -> Result<(Vec<Asked>, Forced), Trouble> {
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
        let mut forced = Forced::new();
        for deed in deeds
            .happened
            .iter()
            .filter(|it| it.what == Deed::ForcePushed)
        {
            let last = forced.entry(deed.thread).or_insert(deed.at);
            *last = (*last).max(deed.at);
        }
        let all = asked(
            &deeds.comments,
            &deeds.happened,
            &mirrors,
            self.issues,
            since,
        );
        Ok((all, forced))
    }

    fn decide(
        &self,
        open: Vec<Asked>,
        forced: &Forced,
        lines: &mut BTreeMap<Number, BTreeMap<OpId, String>>,
        taken: &mut Taken,
    ) -> Result<(), Failure> {
        let mut rights: BTreeMap<Login, Permission> = BTreeMap::new();
        let mut threads: BTreeMap<Number, Option<Thread>> = BTreeMap::new();
        for asked in open {
            // What is the matter with one of them stops no other.
            let (thread, permission) = match self.about(&asked, &mut rights, &mut threads) {
                Ok(Some(found)) => found,
                // Deleted, or moved to where somebody else mirrors it.
                Ok(None) => continue,
                // All others would be asked in vain, and a host that says stop counts who goes on.
                Err(trouble) if trouble.is_for_all() => return Err(self.failed(trouble)),
                Err(trouble) => {
                    let why = self.failed(trouble);
                    let what = format!("#{}: {}: {why}", asked.thread, asked.shown);
                    taken.troubles.push(what);
                    continue;
                }
            };
            let forced = forced.get(&asked.thread).copied();
            match self.decide_one(&asked, &thread, permission, forced, taken) {
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
        Ok(())
    }

    /// What it is about, unless that is gone, and what whoever asks may do.
    fn about(
        &self,
        asked: &Asked,
        rights: &mut BTreeMap<Login, Permission>,
        threads: &mut BTreeMap<Number, Option<Thread>>,
    ) -> Result<Option<(Thread, Permission)>, Trouble> {
        let thread = match threads.get(&asked.thread) {
            Some(known) => known.clone(),
            None => {
                let found = self.thread(asked.thread)?;
                threads.entry(asked.thread).or_insert(found).clone()
            }
        };
        let Some(thread) = thread else {
            return Ok(None);
        };
        let permission = match rights.get(&asked.by) {
            Some(known) => *known,
            None => {
                let found = self.reader.permission(&asked.by)?;
                *rights.entry(asked.by.clone()).or_insert(found)
            }
        };
        Ok(Some((thread, permission)))
    }

    /// Decides one, and says why it cannot be decided at all.
    fn decide_one(
        &self,
        asked: &Asked,
        thread: &Thread,
        permission: Permission,
        forced: Option<Timestamp>,
        taken: &mut Taken,
    ) -> Result<Option<String>, Failure> {
        // On what the one before has left.
        let all = match self.steps(asked, thread, permission, forced)? {
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
