//! From what somebody wants on a page to requests: which keys, which branch, which task.
//!
//! What cannot be asked for as things are is a refusal with its reason, which is kept as an answer is.

use crate::coord::relay::ForPerson;
use crate::coord::{Failure, View};
use crate::domain::feature::find as features;
use crate::domain::mirror::inward::{Asked, Wants, identity, is_suspect, task_from};
use crate::domain::mirror::{Facts, Whys};
use crate::domain::queue::find as entries;
use crate::domain::secret;
use crate::domain::{State, locks};
use crate::model::branch::Branch;
use crate::model::feature::Feature;
use crate::model::forge::command::Command;
use crate::model::forge::{Label, Permission, Reason, Thread};
use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::limits::TTL_SECS_MAX;
use crate::model::lock::Hold;
use crate::model::object_id::ObjectId;
use crate::model::queue::{self, EntryRecord};
use crate::model::record::VERSION;
use crate::model::refusal::Refusal;
use crate::model::relay::{Asked as Sent, FromPage};
use crate::model::request::{Leave, Lock, Request, Steal, Unlock, Which};
use crate::model::task::{self, Task};
use crate::model::text::Text;
use crate::model::time::{Timestamp, Ttl};

use super::super::super::{Context, keys, queue as queue_ops};
use super::{All, Inward, text};

/// What is to be done about a deed.
pub(super) enum Steps {
    /// Nothing: it is about nothing here.
    Nothing,
    /// These requests, in their order.
    Ask(All),
}

/// One request, and in which session it is made where that is not the page's own.
type Step = (Request, Option<Actor>);

/// What a deed asks for, or why it cannot be asked for.
enum Wish {
    Nothing,
    Ask(Vec<Step>),
    Unmet(String),
}

impl Inward<'_> {
    /// What a deed asks for, as requests of whoever did it.
    pub(super) fn steps(
        &self,
        asked: &Asked,
        thread: &Thread,
        permission: Permission,
        forced: Option<Timestamp>,
    ) -> Result<Steps, Failure> {
        // Closing, opening and naming what is no task asks for nothing, whoever does it.
        let is_of_issue = matches!(
            asked.wants,
            Wants::Closed(_) | Wants::Reopened | Wants::Renamed(_)
        );
        if thread.is_pull && is_of_issue {
            return Ok(Steps::Nothing);
        }
        let finder = Finder {
            context: self.context,
            view: self
                .context
                .coord
                .view(Some(self.context.coord.settings().age_max))?,
            asked,
            thread,
            permission,
            forced,
            page: format!("{}#{}", self.repo, asked.thread),
        };
        // Neither asked for nor answered with it: both would stay in the log.
        let is_suspect = is_suspect(asked);
        let wish = match needed(&asked.wants) {
            _ if is_suspect => Wish::Unmet(
                "there is something like a secret in it: write it again without that".into(),
            ),
            // Nobody without rights makes us look any further.
            needed if permission < needed => Wish::Unmet(format!(
                "it takes the right to {}, and {} has the right to {}",
                needed.as_str(),
                asked.by,
                match permission {
                    Permission::None => "nothing",
                    other => other.as_str(),
                }
            )),
            _ => match finder.wish() {
                Ok(wish) => wish,
                // What cannot be reached or read is tried again; what cannot be, is answered.
                Err(Failure::Refused(refusal)) if !matches!(*refusal, Refusal::Damaged { .. }) => {
                    Wish::Unmet(refusal.to_string())
                }
                Err(failure @ Failure::Usage { .. }) => Wish::Unmet(failure.to_string()),
                Err(failure) => return Err(failure),
            },
        };
        let (steps, unmet) = match wish {
            Wish::Nothing => return Ok(Steps::Nothing),
            Wish::Ask(steps) => (steps, None),
            Wish::Unmet(why) => (vec![(Request::Leave(Leave {}), None)], Some(text(&why))),
        };
        let last = steps.len().saturating_sub(1);
        let send = |(at, (request, by)): (usize, Step)| -> ForPerson {
            // The last step is what was asked for; those before it have to come first.
            let step = if at == last {
                0
            } else {
                u8::try_from(at + 1).unwrap_or(u8::MAX)
            };
            let sent = Sent {
                v: VERSION,
                id: identity(&asked.event, asked.at, asked.command, step),
                at: asked.at,
                by: by.unwrap_or_else(|| finder.me()),
                base: None,
                request,
                also: Vec::new(),
                here: None,
            };
            let from = FromPage {
                page: text(&finder.page),
                event: text(&asked.event),
                said: match is_suspect {
                    true => text("a command"),
                    false => text(&asked.shown),
                },
                login: asked.by.clone(),
                permission,
                unmet: unmet.clone(),
            };
            (sent, from)
        };
        Ok(Steps::Ask(
            steps.into_iter().enumerate().map(send).collect(),
        ))
    }
}

/// The least that somebody must be let do for anything to come of it.
fn needed(wants: &Wants) -> Permission {
    match wants {
        Wants::Command(Command::Pause { all: true, .. } | Command::Resume { all: true }) => {
            Permission::Maintain
        }
        Wants::Command(Command::Pause { .. } | Command::Resume { .. }) => Permission::Triage,
        Wants::Chosen => Permission::Triage,
        // Nothing is asked for by it.
        Wants::ForcePushed | Wants::Unclear(_) => Permission::None,
        _ => Permission::Write,
    }
}

/// Looks up what is meant.
struct Finder<'c> {
    context: &'c Context<'c>,
    view: View<'c>,
    asked: &'c Asked,
    thread: &'c Thread,
    permission: Permission,
    forced: Option<Timestamp>,
    page: String,
}

impl Finder<'_> {
    /// Whoever asks, in the session of this page.
    fn me(&self) -> Actor {
        let sort = if self.thread.is_pull { "pr" } else { "issue" };
        Actor {
            agent: self.asked.by.agent(),
            session: format!("{sort}-{}", self.asked.thread)
                .parse()
                .expect("because letters, a hyphen and digits are a name"),
        }
    }

    fn wish(&self) -> Result<Wish, Failure> {
        match &self.asked.wants {
            Wants::Command(command) => self.command(command),
            Wants::Chosen => self.chosen(),
            Wants::LabelGone(label) => self.label_gone(label),
            Wants::Closed(reason) => self.closed(*reason),
            Wants::Reopened => self.about_task(|id| task::Ask::Retry(task::Retry { id })),
            Wants::Renamed(title) => {
                let title = text(title);
                self.about_task(|id| {
                    let edit = serde_json::json!({ "id": id, "title": title });
                    task::Ask::Edit(serde_json::from_value(edit).expect("because it is an edit"))
                })
            }
            Wants::ForcePushed | Wants::Unclear(_) => Ok(Wish::Nothing),
        }
    }

    fn command(&self, command: &Command) -> Result<Wish, Failure> {
        let done = |request| Ok(Wish::Ask(vec![(request, None)]));
        match command {
            Command::Lock { keys, ttl, reason } => {
                let keys = keys::read_at_top(self.context, keys)?.keys;
                done(self.lock(keys, ttl.as_deref(), reason.as_deref())?)
            }
            Command::Unlock { keys } if keys.is_empty() => {
                done(Request::Unlock(Unlock { which: Which::All }))
            }
            Command::Unlock { keys } => {
                let keys = keys::read_at_top(self.context, keys)?.keys;
                let mut steps = Vec::new();
                for key in keys {
                    steps.extend(self.unlock(key)?);
                }
                Ok(Wish::Ask(steps))
            }
            Command::Queue { head } => done(self.queue(head.as_deref())?),
            Command::Unqueue { reason } => {
                let entry = self.entry()?;
                let drop = queue::Drop {
                    target: entry.target.clone(),
                    id: entry.id.clone(),
                    why: reason.as_deref().map(text),
                };
                done(Request::Queue(queue::Ask::Drop(drop)))
            }
            Command::Retry if self.thread.is_pull => {
                let entry = self.entry()?;
                let (commit, target) = self.head()?;
                self.check_seen(&commit, None)?;
                let sealed = self.context.coord.sealed(&target, commit)?;
                let retry = queue::Retry {
                    target,
                    id: entry.id.clone(),
                    sealed: sealed.commit,
                    base: Some(sealed.base),
                    paths: sealed.paths,
                    rerun: false,
                    trees: Vec::new(),
                };
                done(Request::Queue(queue::Ask::Retry(retry)))
            }
            Command::Retry => {
                let id = self.task()?.id.clone();
                done(Request::Task(task::Ask::Retry(task::Retry { id })))
            }
            Command::Pause { all: true, reason } => {
                let why = reason.as_deref().unwrap_or("asked for on its page");
                done(self.line(Some(text(why)))?)
            }
            Command::Resume { all: true } => done(self.line(None)?),
            Command::Pause { all: false, reason } => {
                let key = self.pause()?;
                done(self.lock(vec![key], None, reason.as_deref())?)
            }
            Command::Resume { all: false } => Ok(Wish::Ask(self.unlock(self.pause()?)?)),
            Command::Claim => done(self.claim()?),
            Command::Release { reason } => {
                let task = self.task()?;
                let release = task::Release {
                    id: task.id.clone(),
                    why: reason.as_deref().map(text),
                };
                let by = self.own_claim(&task);
                let request = Request::Task(task::Ask::Release(release));
                Ok(Wish::Ask(vec![(request, by)]))
            }
            Command::Why { .. } | Command::Status | Command::Help => Ok(Wish::Nothing),
        }
    }

    fn lock(
        &self,
        keys: Vec<Key>,
        ttl: Option<&str>,
        reason: Option<&str>,
    ) -> Result<Request, Failure> {
        let ttl: Ttl = match ttl {
            Some(typed) => typed
                .parse()
                .map_err(|why| Failure::usage(format!("--ttl: {why}"), "such as `2h`"))?,
            // Nobody renews what a person holds by a page.
            None => Ttl::try_from(TTL_SECS_MAX).unwrap_or_default(),
        };
        let branch = self.thread.head.as_ref().filter(|head| head.is_here);
        let task = self.find_task()?.map(|task| task.id.to_string());
        Ok(Request::Lock(Lock {
            keys,
            mode: Default::default(),
            ttl_secs: Some(ttl),
            reason: Some(match reason {
                Some(reason) => text(reason),
                None => text(&format!("asked for on {}", self.page)),
            }),
            branch: branch.and_then(|head| head.branch.parse().ok()),
            task: task.and_then(|task| task.parse().ok()),
            host: None,
            takeover: true,
            narrow: false,
            wait_until: None,
        }))
    }

    /// Gives a lock back: one's own, from whichever page it is held, or somebody else's, for who runs
    /// the repository.
    fn unlock(&self, key: Key) -> Result<Vec<Step>, Failure> {
        let lock = locks::get(&self.view, &key).map_err(Refusal::from)?;
        let holds = lock.map(|lock| lock.holds).unwrap_or_default();
        let agent = self.asked.by.agent();
        let which = Which::Keys(vec![key.clone()]);
        let unlock = Request::Unlock(Unlock { which });
        if let Some(own) = holds.iter().find(|hold| hold.agent == agent) {
            return Ok(vec![(unlock, Some(own.actor()))]);
        }
        match holds.as_slice() {
            [other] if self.permission >= Permission::Maintain => {
                let steal = Steal {
                    key,
                    rev: other.rev,
                    reason: text(&format!("given back on {}", self.page)),
                    ttl_secs: None,
                    host: None,
                };
                Ok(vec![(Request::Steal(steal), None), (unlock, None)])
            }
            // The decision says whose it is.
            _ => Ok(vec![(unlock, None)]),
        }
    }

    /// The label of a lock was taken off. It is about the lock that it stood for then, and not about one
    /// that was taken since.
    fn label_gone(&self, label: &str) -> Result<Wish, Failure> {
        let folded = Label::folded(label);
        let (all, _) = locks::all(&self.view).map_err(Refusal::from)?;
        // The host's clock counts in seconds.
        let is_older = |hold: &Hold| hold.since.secs_since(self.asked.at) <= 0;
        let found = all.into_iter().find(|lock| {
            Label::folded(&Label::lock(&lock.key).name) == folded && lock.holds.iter().any(is_older)
        });
        Ok(match found {
            Some(lock) => Wish::Ask(self.unlock(lock.key)?),
            None => Wish::Nothing,
        })
    }

    /// The issue becomes a task.
    fn chosen(&self) -> Result<Wish, Failure> {
        let task = match task_from(self.thread) {
            Ok(task) => task,
            Err(why) => return Ok(Wish::Unmet(why)),
        };
        let add = task::Add {
            tasks: vec![task],
            allow_secrets: Default::default(),
        };
        Ok(Wish::Ask(vec![(Request::Task(task::Ask::Add(add)), None)]))
    }

    fn closed(&self, reason: Option<Reason>) -> Result<Wish, Failure> {
        let Some(task) = self.task_then()? else {
            return Ok(Wish::Nothing);
        };
        let id = task.id.clone();
        if matches!(reason, Some(Reason::NotPlanned | Reason::Duplicate)) {
            let cancel = task::Cancel {
                ids: vec![id],
                why: Some(text(&format!("{} was closed", self.page))),
                dependants: false,
            };
            let request = Request::Task(task::Ask::Cancel(cancel));
            return Ok(Wish::Ask(vec![(request, None)]));
        }
        let by = self.own_claim(&task);
        let done = task::Done {
            id,
            result: None,
            keep_locks: false,
            allow_secrets: Default::default(),
        };
        let done = (Request::Task(task::Ask::Done(done)), by.clone());
        Ok(Wish::Ask(match by {
            Some(_) => vec![done],
            // Whoever says that it is done has done it.
            None => vec![(self.claim()?, None), done],
        }))
    }

    fn about_task(&self, ask: impl FnOnce(Id) -> task::Ask) -> Result<Wish, Failure> {
        Ok(match self.task_then()? {
            Some(task) => Wish::Ask(vec![(Request::Task(ask(task.id.clone())), None)]),
            None => Wish::Nothing,
        })
    }

    fn claim(&self) -> Result<Request, Failure> {
        Ok(Request::Task(task::Ask::Claim(task::Claim {
            id: self.task()?.id.clone(),
            capabilities: Default::default(),
            lock: false,
            ttl_secs: Ttl::try_from(TTL_SECS_MAX).ok(),
            branch: None,
            host: None,
            takeover: true,
        })))
    }

    fn own_claim(&self, task: &Task) -> Option<Actor> {
        let claimed = task.claimed.as_ref()?;
        (claimed.by.agent == self.asked.by.agent()).then(|| claimed.by.clone())
    }

    /// The task that the issue is.
    fn task(&self) -> Result<Task, Failure> {
        self.find_task()?.ok_or_else(|| {
            Failure::usage(
                format!("{} is no task", self.page),
                "see `git coord help github`",
            )
        })
    }

    /// The same for what was done to the issue: a task that was bound to it later is not meant.
    fn task_then(&self) -> Result<Option<Task>, Failure> {
        let task = self.find_task()?;
        Ok(task.filter(|task| task.added_at <= self.asked.at))
    }

    fn find_task(&self) -> Result<Option<Task>, Failure> {
        if self.thread.is_pull {
            return Ok(None);
        }
        let facts = Facts::read(&self.view, true, Whys::new()).map_err(Refusal::from)?;
        Ok(facts.tasks.get(&self.asked.thread).cloned())
    }

    /// The commit of the pull request's branch, fetched, and where it is to land.
    fn head(&self) -> Result<(ObjectId, Branch), Failure> {
        let (branch, target) = self.branches()?;
        let coord = &self.context.coord;
        let commit = self
            .thread
            .head
            .as_ref()
            .and_then(|head| head.sha.parse().ok());
        match commit {
            Some(commit) if coord.fetch_for_people(&[&branch, &target], &commit)? => {
                Ok((commit, target))
            }
            _ => Err(Failure::usage(
                format!("the commits of `{branch}` could not be fetched"),
                "push the branch, and ask again",
            )),
        }
    }

    fn branches(&self) -> Result<(Branch, Branch), Failure> {
        let wrong = |what: String| Failure::usage(what, "see `git coord help github`");
        let Some(head) = &self.thread.head else {
            return Err(wrong(format!("{} is no pull request", self.page)));
        };
        if !head.is_here {
            return Err(wrong(format!(
                "the branch of {} is in a fork, and only branches of {} can get in line",
                self.page,
                self.page.split('#').next().unwrap_or_default()
            )));
        }
        let branch = head.branch.parse().map_err(|why| wrong(format!("{why}")))?;
        let target = head.base.parse().map_err(|why| wrong(format!("{why}")))?;
        Ok((branch, target))
    }

    /// The head that somebody names or looked at, and no other: who may push the branch may not, by one
    /// more push, get into line what nobody has seen.
    fn check_seen(&self, commit: &ObjectId, named: Option<&str>) -> Result<(), Failure> {
        let short = commit.short();
        if let Some(named) = named {
            if commit.to_string().starts_with(named) {
                return Ok(());
            }
            let what = format!("the branch has {short} now, and not {named}");
            return Err(Failure::usage(what, "look at it, and ask again"));
        }
        let made = self.context.coord.made_at(commit)?;
        let is_later = |then: Timestamp| then.secs_since(self.asked.at) > 0;
        if is_later(made) || self.forced.is_some_and(is_later) {
            return Err(Failure::usage(
                format!("the branch has {short} now, which is newer than the comment"),
                format!("look at it, and write `/coord queue {short}`"),
            ));
        }
        Ok(())
    }

    fn queue(&self, named: Option<&str>) -> Result<Request, Failure> {
        let (branch, _) = self.branches()?;
        if !self.thread.is_open {
            let what = format!("{} is closed", self.page);
            return Err(Failure::usage(what, "open it again first"));
        }
        let (commit, target) = self.head()?;
        self.check_seen(&commit, named)?;
        let sealed = self.context.coord.sealed(&target, commit)?;
        let feature = self.feature(&branch)?.map(|feature| feature.id);
        let id = match feature.or_else(|| queue_ops::name_of(&branch)) {
            Some(id) => id,
            None => {
                let what = format!("no name can be made from `{branch}`");
                return Err(Failure::usage(what, "use `git coord queue add --id`"));
            }
        };
        Ok(Request::Queue(queue::Ask::Add(queue::Add {
            target,
            id,
            sealed: sealed.commit,
            base: Some(sealed.base),
            branch: Some(branch),
            title: Some(text(&self.thread.title))
                .filter(|title| !secret::is_suspect(title.as_str())),
            priority: None,
            urgent: None,
            after: Default::default(),
            paths: sealed.paths,
            allow_secrets: Default::default(),
        })))
    }

    /// The entry of the pull request: one that waits rather than one that is over.
    fn entry(&self) -> Result<EntryRecord, Failure> {
        let (branch, target) = self.branches()?;
        let (all, _) = entries::all(&self.view, &target).map_err(Refusal::from)?;
        let own = all
            .into_iter()
            .filter(|entry| entry.branch.as_ref() == Some(&branch));
        own.max_by_key(|entry| (!entry.stage.is_over(), entry.head.rev))
            .ok_or_else(|| {
                let what = format!("`{branch}` is not in line");
                Failure::usage(what, "`/coord queue` puts it there")
            })
    }

    fn line(&self, why: Option<Text>) -> Result<Request, Failure> {
        let (_, target) = self.branches()?;
        Ok(Request::Queue(queue::Ask::Pause(queue::Pause {
            target,
            why,
        })))
    }

    /// The key that pauses the feature of the pull request.
    fn pause(&self) -> Result<Key, Failure> {
        let (branch, _) = self.branches()?;
        match self.feature(&branch)? {
            Some(feature) => Ok(Feature::pause(&feature.id)),
            None => Err(Failure::usage(
                format!("no feature is made on `{branch}`"),
                "`/coord pause --all WHY` stops the whole line",
            )),
        }
    }

    fn feature(&self, branch: &Branch) -> Result<Option<Feature>, Failure> {
        let (all, _) = features::all(&self.view).map_err(Refusal::from)?;
        let mut open = all
            .into_iter()
            .map(|record| record.body)
            .filter(|feature| !feature.status.is_over());
        Ok(open.find(|feature| {
            feature
                .branch
                .as_ref()
                .is_some_and(|own| own.as_str() == branch.as_str())
        }))
    }
}

/// The answer to a question, as things are now.
pub(super) fn said_now(
    context: &Context<'_>,
    state: &dyn State,
    command: &Command,
) -> Result<String, Failure> {
    Ok(match command {
        Command::Why { key: Some(typed) } => {
            let key = match keys::read_at_top(context, std::slice::from_ref(typed)) {
                Ok(read) => read.keys,
                Err(why) => return Ok(why.to_string()),
            };
            let Some(key) = key.first() else {
                return Ok(String::new());
            };
            let met = locks::overlapping(state, key).map_err(Refusal::from)?;
            match met
                .iter()
                .find_map(|lock| Some((lock, lock.holds.first()?)))
            {
                Some((lock, hold)) => {
                    let why = hold
                        .reason
                        .as_ref()
                        .map(|why| format!(": {}", why.as_str()));
                    format!(
                        "{} is held by {} since {}{}",
                        lock.key,
                        hold.actor(),
                        hold.since,
                        why.unwrap_or_default()
                    )
                }
                None => format!("{key} is free"),
            }
        }
        Command::Why { key: None } | Command::Status => {
            "how things stand here is what this comment shows".into()
        }
        _ => {
            "lock KEY… [--ttl TIME] [--reason TEXT], unlock KEY…, queue [COMMIT], unqueue, retry, \
              pause, resume, claim, release, why [KEY], status"
                .into()
        }
    })
}
