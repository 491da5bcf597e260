//! One working tree for checks, held by this process, and running a check in it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::env;
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::Outcome;
use crate::model::text::Long;
use crate::store::Git;

use super::event::{Event, Step, Watch};
use super::log::Log;
use super::process::{self, How, Wanted};
use super::{Pool, Spec, Trouble, leftover, tail};

/// How often it is told that a run goes on.
const EVERY: Duration = Duration::from_secs(1);

/// A working tree of the pool that nobody else uses. Dropping it gives it back.
#[derive(Debug)]
pub struct Slot {
    pub(super) number: usize,
    pub(super) dir: PathBuf,
    pub(super) git: Git,
    pub(super) pool: Pool,
    pub(super) _lock: File,
}

/// What is to be checked.
#[derive(Clone, Debug)]
pub struct Job {
    /// The commit, which the repository has.
    pub commit: ObjectId,
    /// The branch that it is for.
    pub target: Branch,
    /// The entries that are in it and not on the branch; none when the branch itself is checked.
    pub entries: Vec<Id>,
    /// What it is, in a few words for people.
    pub what: String,
    /// How long it will take, as far as is known.
    pub expected: Option<Duration>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What the check said.
    pub outcome: Outcome,
    /// The exit code of the last command that was run; none where a signal ended it.
    pub exit: Option<i32>,
    /// How long the commands took, in milliseconds; making the working tree is not counted.
    pub millis: u64,
    /// The end of what a red one printed, safe for a record that everybody gets: none where it
    /// printed nothing, or something that looks like a secret.
    pub tail: Option<Long>,
    /// Where all of it is on this machine.
    pub log: PathBuf,
}

impl Slot {
    /// Its number, from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Its working tree.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Checks a commit. `None` when it was given up because `stop` said so.
    ///
    /// # Errors
    /// When the check could not be run: nothing is known about the commit then.
    pub fn run(
        &self,
        job: &Job,
        spec: &Spec,
        stop: &(dyn Fn() -> bool + Sync),
        watch: &dyn Watch,
    ) -> Result<Option<Ended>, Trouble> {
        let tell = |step: Step<'_>| {
            watch.told(&Event {
                slot: self.number,
                job,
                step,
            });
        };
        tell(Step::Preparing);
        // Of a runner that was killed here.
        leftover::end_all(&self.dir);
        let prepared = self
            .pool
            .checkout(&self.dir, &self.git)
            .prepare(&job.commit);
        let ran = prepared.and_then(|()| self.run_all(job, spec, stop, &tell));
        match &ran {
            Ok(Some(ended)) => tell(Step::Ended(ended)),
            Ok(None) | Err(_) => tell(Step::GivenUp),
        }
        ran
    }

    fn run_all(
        &self,
        job: &Job,
        spec: &Spec,
        stop: &dyn Fn() -> bool,
        tell: &dyn Fn(Step<'_>),
    ) -> Result<Option<Ended>, Trouble> {
        let mut log = self.begin_log(job)?;
        let vars = spec.environment.vars(job, &self.dir);
        let begun = Instant::now();
        let until = begun + spec.limit;
        let mut told = begun;
        let mut how = How::Exited(Some(0));
        for (at, command) in spec.commands.iter().enumerate() {
            if stop() {
                how = How::Stopped;
                break;
            }
            log.say(&format!("$ {command}"));
            tell(Step::Command {
                command,
                number: at + 1,
                of: spec.commands.len(),
            });
            let wanted = Wanted {
                command,
                dir: &self.dir,
                vars: &vars,
                until,
                stop,
            };
            let mut printed = |printed: &[u8]| {
                log.add(printed);
                if told.elapsed() >= EVERY {
                    told = Instant::now();
                    let elapsed = begun.elapsed();
                    tell(Step::Running { elapsed });
                }
            };
            how = process::run(&wanted, &mut printed)
                .map_err(Trouble::io("running `sh` in", &self.dir))?;
            if how != How::Exited(Some(0)) {
                break;
            }
        }
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (outcome, exit, word) = match how {
            How::Exited(Some(0)) => (Outcome::Passed, Some(0), "passed".to_owned()),
            How::Exited(Some(code)) => (
                Outcome::Failed,
                Some(code),
                format!("failed with exit code {code}"),
            ),
            How::Exited(None) => (
                Outcome::Failed,
                None,
                "failed: a signal ended it".to_owned(),
            ),
            How::TimedOut => (
                Outcome::TimedOut,
                None,
                format!("ended after its limit of {} s", spec.limit.as_secs()),
            ),
            How::Stopped => {
                log.finish(&format!("given up after {millis} ms"));
                return Ok(None);
            }
        };
        let (log, window) = log.finish(&format!("{word} after {millis} ms"));
        Ok(Some(Ended {
            outcome,
            exit,
            millis,
            tail: (outcome != Outcome::Passed)
                .then(|| tail::of(&window))
                .flatten(),
            log,
        }))
    }

    /// Logs are named so that they sort by their time.
    fn begin_log(&self, job: &Job) -> Result<Log, Trouble> {
        let dir = self.pool.log_dir();
        let now = env::now().utc().format("%Y%m%dT%H%M%S");
        let random = fastrand::u32(..) & 0xff_ffff;
        let name = format!("{now}-{}-{random:06x}", job.commit.short());
        let mut log = Log::begin(dir, &name).map_err(Trouble::io("writing a log into", dir))?;
        log.say(&format!("{} for {}: {}", job.what, job.target, job.commit));
        Ok(log)
    }
}
