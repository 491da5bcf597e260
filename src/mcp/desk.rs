//! Where calls are served: opened clones that are lent to one call each, and threads for them.
//!
//! An operation blocks, and an opened clone serves one at a time. Those that answer at once share a
//! few clones, whose children of git stay warm; those that may wait have clones of their own, so
//! that nobody who waits is in the way.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use super::caller::Who;
use super::progress::Checks;
use super::short;
use crate::coord::{Coord, Failure};
use crate::model::key::Here;
use crate::model::notice::NoticeRecord;
use crate::ops::envelope::{No, Yes};
use crate::ops::{Answer, Caller, Context, Operation};
use crate::store::{ConfigFiles, Layout};

/// Most calls that are at work at the same time.
const AT_WORK_MAX: usize = 8;
/// Most calls that wait for something at the same time.
const WAITING_MAX: usize = 64;
/// How many calls a clone serves before it is opened anew: what libgit2 remembers of objects that it
/// has read grows with each, and every change makes new ones.
const SERVED_MAX: usize = 200;
/// Most answers of one that gives several; then it ends.
const STREAMED_MAX: usize = 100;
/// Most news of one call that wait to be sent; of more the newest are dropped.
const NEWS_MAX: usize = 64;

/// What a call came to.
#[derive(Debug)]
pub struct Told {
    /// The envelope, as `--json` prints it.
    pub value: Value,
    /// Whether there was no positive answer.
    pub is_error: bool,
}

/// A clone that is open, the config as it was then, and how many calls it has served.
type Opened = (Coord, ConfigFiles, usize);

/// Serves calls about one repository.
pub struct Desk {
    dir: PathBuf,
    layout: Layout,
    idle: Mutex<Vec<Opened>>,
    at_work: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Tells a call at work that nobody waits for its answer, when it is dropped.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Desk {
    /// Opens the repository around `dir`.
    ///
    /// # Errors
    /// As [`Coord::open`].
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        let coord = Coord::open(dir, None)?;
        Ok(Self {
            dir: dir.to_owned(),
            layout: coord.repo().layout().clone(),
            // This one was opened before the files of its config were looked at.
            idle: Mutex::default(),
            at_work: Arc::new(Semaphore::new(AT_WORK_MAX)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        })
    }

    /// Runs one operation for `who`. Dropping the future ends what waits.
    pub async fn serve(
        self: &Arc<Self>,
        who: Who,
        operation: Operation,
        news: mpsc::Sender<String>,
    ) -> Told {
        let seats = match operation.waits() {
            true => &self.waiting,
            false => &self.at_work,
        };
        let Ok(seat) = Arc::clone(seats).acquire_owned().await else {
            return failed(&Failure::usage("the server ends", "start it again"), &[]);
        };
        let gone = Waiting(Arc::default());
        let caller = Caller::Remote(Arc::clone(&gone.0));
        let desk = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let told = desk.run(&who, &operation, caller, &news);
            drop(seat);
            told
        });
        let told = done.await.unwrap_or_else(|why| Told {
            value: json!({ "schema": 1, "ok": false, "code": "broken",
                           "message": format!("an internal error: {why}") }),
            is_error: true,
        });
        drop(gone);
        told
    }

    fn run(
        &self,
        who: &Who,
        operation: &Operation,
        caller: Caller,
        news: &mpsc::Sender<String>,
    ) -> Told {
        let (mut coord, files, served) = match self.take() {
            Ok(taken) => taken,
            Err(failure) => return failed(&failure, &[]),
        };
        if let Err(failure) = who.act(&mut coord) {
            self.give_back((coord, files, served));
            return failed(&failure, &[]);
        }
        let progress = |text: &str| {
            let _ = news.try_send(text.to_owned());
        };
        let streamed: Mutex<Vec<Value>> = Mutex::default();
        let count = AtomicUsize::new(0);
        let gone = match &caller {
            Caller::Remote(gone) => Some(Arc::clone(gone)),
            Caller::Shell => None,
        };
        let stream = |answer: &Answer| {
            if count.load(Ordering::Relaxed) >= STREAMED_MAX {
                return;
            }
            let value = serde_json::to_value(answer).unwrap_or_default();
            streamed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(value);
            if count.fetch_add(1, Ordering::Relaxed) + 1 >= STREAMED_MAX {
                // Enough for one answer: what follows is asked for by its cursor.
                gone.iter()
                    .for_each(|gone| gone.store(true, Ordering::Relaxed));
            }
        };
        let checks = Checks::telling(news);
        let mut context = Context::of(self.dir.clone(), coord, &progress);
        context.stream = &stream;
        context.checks = &checks;
        context.caller = caller;
        let (result, notices) = operation.ask(&context);
        let mut told = match &result {
            Ok(answer) => answered(answer, &notices),
            Err(failure) => failed(failure, &notices),
        };
        let coord = context.coord;
        let streamed = streamed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let (false, Some(value)) = (streamed.is_empty(), told.value.as_object_mut()) {
            value.insert("streamed".into(), streamed.into());
        }
        short::to_fit(&mut told.value);
        self.give_back((coord, files, served + 1));
        told
    }

    /// An opened clone with the settings of now.
    fn take(&self) -> Result<Opened, Failure> {
        let files = ConfigFiles::look(&self.layout);
        let idle = {
            let mut idle = self.idle();
            // Those of other settings serve nobody any more.
            idle.retain(|(_, known, _)| *known == files);
            idle.pop()
        };
        match idle {
            Some(opened) => Ok(opened),
            None => Ok((Coord::open(&self.dir, None)?, files, 0)),
        }
    }

    fn give_back(&self, opened: Opened) {
        let mut idle = self.idle();
        if idle.len() < AT_WORK_MAX && opened.2 < SERVED_MAX {
            idle.push(opened);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Opened>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel that news of a call go through.
    pub fn news() -> (mpsc::Sender<String>, mpsc::Receiver<String>) {
        mpsc::channel(NEWS_MAX)
    }
}

fn answered(answer: &Answer, notices: &[NoticeRecord]) -> Told {
    Told {
        value: serde_json::to_value(Yes::answer(answer, notices)).unwrap_or_default(),
        is_error: false,
    }
}

/// There is no positive answer.
pub fn failed(failure: &Failure, notices: &[NoticeRecord]) -> Told {
    Told {
        value: serde_json::to_value(No::of(failure, &Here::Top, notices)).unwrap_or_default(),
        is_error: true,
    }
}
