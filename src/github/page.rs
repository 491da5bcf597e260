//! Reading what is on the page: conditionally where it was seen before, all pages, up to a bound.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::memory::Memory;
use super::wire::{Checks, Combined, Commented, Issue, Labelled, Pull};
use super::{Client, Trouble};
use crate::env;
use crate::model::forge::{CheckRun, Comment, Label, Login, Number, Status, Thread};
use crate::model::text::shown;

/// Most pages of one list.
const PAGES_MAX: usize = 20;
/// Threads that nobody touched for so long are not looked through for labels that are over.
const DAYS: i64 = 14;

/// Reads pages for one client.
pub struct Reader<'c> {
    client: &'c Client,
    memory: &'c Memory,
}

/// Whether what was seen before may be taken for what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// When GitHub says that it is as before.
    Remembered,
    /// No: all of it is asked for.
    Fresh,
}

impl<'c> Reader<'c> {
    /// A reader that remembers there.
    pub fn new(client: &'c Client, memory: &'c Memory) -> Self {
        Self { client, memory }
    }

    /// Open pull requests, and whatever else was touched of late.
    ///
    /// # Errors
    /// What went wrong with a call: half a list is none.
    pub fn threads(&self, trust: Trust) -> Result<BTreeMap<Number, Thread>, Trouble> {
        let repo = self.client.place().repo.clone();
        // By the day, so that tomorrow's list is the only new one.
        let since = env::now().utc().date_naive() - chrono::TimeDelta::days(DAYS);
        let touched = format!(
            "/issues?state=all&sort=updated&direction=desc&per_page=100&since={since}T00:00:00Z"
        );
        let touched = self.list(&touched, trust, |one: Issue| Some(Thread::from(one)))?;
        let pulls = "/pulls?state=open&sort=created&direction=desc&per_page=100";
        let pulls = self.list(pulls, trust, |one: Pull| Some(one.into_thread(&repo)))?;
        let all = touched.into_iter().chain(pulls);
        Ok(all.map(|thread| (thread.number, thread)).collect())
    }

    /// Issues that wear a label, however long nobody touched them.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn issues(&self, label: &str, trust: Trust) -> Result<Vec<Thread>, Trouble> {
        let label = encoded(label);
        let path =
            format!("/issues?state=open&labels={label}&sort=created&direction=desc&per_page=100");
        let all = self.list(&path, trust, |one: Issue| Some(Thread::from(one)))?;
        Ok(all.into_iter().filter(|thread| !thread.is_pull).collect())
    }

    /// One pull request.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn pull(&self, number: Number) -> Result<Thread, Trouble> {
        let repo = self.client.place().repo.clone();
        let pick = |one: Pull| one.into_thread(&repo);
        self.one(&format!("/pulls/{number}"), Trust::Remembered, pick)
    }

    /// One issue, or what a pull request has of one.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn issue(&self, number: Number, trust: Trust) -> Result<Thread, Trouble> {
        let path = format!("/issues/{number}");
        let home = format!("/repos/{}", self.client.place().repo);
        let pick = |one: Issue| one.is_in(&home).then(|| Thread::from(one));
        let thread: Option<Thread> = self.one(&path, trust, pick)?;
        // The host leads on to where an issue was moved.
        thread
            .filter(|thread| thread.number == number)
            .ok_or_else(|| Trouble::Gone(format!("#{number} is in another repository")))
    }

    /// The labels of ours that the repository has.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn labels(&self, trust: Trust) -> Result<Vec<Label>, Trouble> {
        self.list("/labels?per_page=100", trust, |one: Labelled| {
            Some(Label::from(one)).filter(|label| Label::is_ours(&label.name))
        })
    }

    /// What somebody has written on a thread that begins with a text, oldest first.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn comments(
        &self,
        number: Number,
        by: &Login,
        beginning: &str,
        trust: Trust,
    ) -> Result<Vec<Comment>, Trouble> {
        let path = format!("/issues/{number}/comments?per_page=100");
        let is_it = |comment: &Comment| {
            comment.author.as_ref() == Some(by) && comment.body.starts_with(beginning)
        };
        let mut found = self.list(&path, trust, |one: Commented| {
            one.into_comment().filter(is_it)
        })?;
        found.sort_by_key(|comment| comment.id);
        Ok(found)
    }

    /// The statuses of a commit.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn statuses(&self, sha: &str, trust: Trust) -> Result<Vec<Status>, Trouble> {
        let path = format!("/commits/{}/status?per_page=100", encoded(sha));
        self.one(&path, trust, Combined::into_statuses)
    }

    /// The check runs of one's own on a commit.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn checks(
        &self,
        sha: &str,
        name: &str,
        me: &Login,
        trust: Trust,
    ) -> Result<Vec<CheckRun>, Trouble> {
        let (sha, name) = (encoded(sha), encoded(name));
        let path = format!("/commits/{sha}/check-runs?check_name={name}&filter=all&per_page=100");
        self.one(&path, trust, |checks: Checks| checks.into_checks(me))
    }

    /// A pull request with its branch, or an issue.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn whole(&self, number: Number) -> Result<Thread, Trouble> {
        let thread = self.issue(number, Trust::Remembered)?;
        match thread.is_pull {
            true => self.pull(number),
            false => Ok(thread),
        }
    }

    /// Whom it asks.
    pub fn client(&self) -> &Client {
        self.client
    }

    /// All pages of a list. What is remembered of each is what `pick` leaves of it.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn list<W, T>(
        &self,
        path: &str,
        trust: Trust,
        pick: impl Fn(W) -> Option<T>,
    ) -> Result<Vec<T>, Trouble>
    where
        W: DeserializeOwned,
        T: Serialize + DeserializeOwned,
    {
        let mut next = Some(self.client.path(path));
        let mut all = Vec::new();
        for _ in 0..PAGES_MAX {
            let Some(path) = next.take() else { break };
            let keep = |value: Value| {
                let items: Vec<W> = read(value)?;
                Ok(items.into_iter().filter_map(&pick).collect::<Vec<T>>())
            };
            let (mut items, following) = self.look(&path, trust, keep)?;
            all.append(&mut items);
            next = following;
        }
        Ok(all)
    }

    fn one<W, T>(&self, path: &str, trust: Trust, pick: impl Fn(W) -> T) -> Result<T, Trouble>
    where
        W: DeserializeOwned,
        T: Serialize + DeserializeOwned,
    {
        let path = self.client.path(path);
        Ok(self.look(&path, trust, |value| read(value).map(&pick))?.0)
    }

    /// One page of a list, as what `pick` makes of it, and where the next one is.
    pub(super) fn part<W, T>(
        &self,
        path: &str,
        trust: Trust,
        pick: impl Fn(Vec<W>) -> T,
    ) -> Result<(T, Option<String>), Trouble>
    where
        W: DeserializeOwned,
        T: Serialize + DeserializeOwned,
    {
        self.look(path, trust, |value| read(value).map(&pick))
    }

    fn look<T: Serialize + DeserializeOwned>(
        &self,
        path: &str,
        trust: Trust,
        keep: impl Fn(Value) -> Result<T, Trouble>,
    ) -> Result<(T, Option<String>), Trouble> {
        let seen = match trust {
            Trust::Remembered => self.memory.seen(path),
            Trust::Fresh => None,
        };
        let etag = seen.as_ref().map(|seen| seen.etag.as_str());
        let mut answer = self.client.get(path, etag)?;
        if let (true, Some(seen)) = (answer.is_unchanged(), seen) {
            if let Ok(value) = serde_json::from_value(seen.value) {
                return Ok((value, seen.next));
            }
            // An older program has kept something else.
            self.memory.forget(path);
            answer = self.client.get(path, None)?;
        }
        let (etag, next) = (answer.etag.take(), answer.next.take());
        let kept = keep(answer.body)?;
        match (etag, serde_json::to_value(&kept)) {
            (Some(etag), Ok(value)) => self.memory.remember(path, &etag, next.as_deref(), &value),
            _ => self.memory.forget(path),
        }
        Ok((kept, next))
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Trouble> {
    serde_json::from_value(value).map_err(|why| Trouble::Odd {
        status: 200,
        why: format!(
            "the answer is not as it is described: {}",
            shown(&why.to_string())
        ),
    })
}

/// A text as one part of a path or a query.
pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
