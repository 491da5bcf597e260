//! Telling those who asked for it that a resource has changed.
//!
//! One thread looks, and only while somebody listens. It sees what commands of this clone do at
//! once, and asks a remote as often as a view may be old.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use crate::coord::Coord;

/// How often it is looked whether the state has moved.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Most changes that a slow listener may lag behind; then it is told that anything may have changed.
const BEHIND_MAX: usize = 64;

/// The top directories of the state that a change touched; `None` for anything.
pub type Touched = Arc<Option<BTreeSet<String>>>;

/// Those who listen.
#[derive(Clone)]
pub struct Changes {
    dir: PathBuf,
    sender: Arc<Mutex<Option<broadcast::Sender<Touched>>>>,
}

impl Changes {
    /// Of the repository around `dir`; nobody looks yet.
    pub fn of(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            sender: Arc::default(),
        }
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Touched> {
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref() {
            return sender.subscribe();
        }
        let (new, receiver) = broadcast::channel(BEHIND_MAX);
        *sender = Some(new);
        let (dir, slot) = (self.dir.clone(), Arc::clone(&self.sender));
        // Not among the server's tasks: it blocks, and lasts as long as anybody listens.
        std::thread::spawn(move || look(&dir, &slot));
        receiver
    }
}

fn look(dir: &Path, slot: &Mutex<Option<broadcast::Sender<Touched>>>) {
    let mut coord = Coord::open(dir, None);
    let tip_of = |coord: &Result<Coord, _>| {
        coord
            .as_ref()
            .ok()
            .and_then(|coord: &Coord| coord.tip().ok())
    };
    let mut known = tip_of(&coord);
    let mut asked = Instant::now();
    loop {
        {
            let mut sender = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if sender
                .as_ref()
                .is_none_or(|sender| sender.receiver_count() == 0)
            {
                // Under the lock, so that nobody begins to listen to one that ends.
                *sender = None;
                return;
            }
        }
        std::thread::sleep(LOOK_EVERY);
        let Ok(open) = &coord else {
            coord = Coord::open(dir, None);
            continue;
        };
        let settings = open.settings();
        if settings.remote.is_some() && asked.elapsed() >= settings.age_max {
            // A remote that cannot be reached is asked again the next time.
            let _ = open.refresh_within(settings.age_max, settings.timeout);
            asked = Instant::now();
        }
        let Ok(tip) = open.tip() else { continue };
        if known == Some(tip) {
            continue;
        }
        let touched = known
            .map(|before| open.touched_since(before))
            .and_then(Result::ok)
            .flatten();
        known = Some(tip);
        let sender = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref() {
            let _ = sender.send(Arc::new(touched));
        }
    }
}
