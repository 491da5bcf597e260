//! Commands of one clone that meet: who waits leaves its request where the leader finds it.
//!
//! A request is a file that its process keeps locked, so a leader never acts for a process that
//! is gone. The answer is a second file beside it. Nothing here is needed for correctness: a
//! request that nobody answers is decided by its own process once it has the lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::answer::{Done, Wire};
use super::commit::Job;
use super::{Failure, local};

/// Most requests that one leader carries.
const JOBS_MAX: usize = 256;
/// Largest request that is read, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;

/// A request that waits to be carried; dropping it withdraws it.
pub(super) struct Ticket {
    path: PathBuf,
    _file: File,
}

pub(super) fn dir(coord_dir: &Path) -> PathBuf {
    coord_dir.join("queue")
}

/// Leaves a request for the leader.
pub(super) fn put(coord_dir: &Path, job: &Job) -> std::io::Result<Ticket> {
    let dir = dir(coord_dir);
    let path = dir.join(format!("{}.ask", job.op));
    let temporary = dir.join(format!("{}.new", job.op));
    let create = || {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
    };
    let mut file = match create() {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(&dir)?;
            create()?
        }
        other => other?,
    };
    // Locked and whole before it can be seen under its name.
    file.try_lock().map_err(std::io::Error::from)?;
    file.write_all(&serde_json::to_vec(job)?)?;
    std::fs::rename(&temporary, &path)?;
    Ok(Ticket { path, _file: file })
}

impl Ticket {
    fn answer_path(&self) -> PathBuf {
        self.path.with_extension("answer")
    }

    fn taken_path(&self) -> PathBuf {
        self.path.with_extension("taken")
    }

    /// Whether a leader took the request along. One that did and left no answer has died, and may have
    /// published what it became.
    pub(super) fn was_taken(&self) -> bool {
        self.taken_path().exists()
    }

    /// The answer, if a leader has carried the request.
    pub(super) fn answer(&self) -> Option<Result<Done, Failure>> {
        let wire: Option<Wire> = local::load::<Option<Wire>>(&self.answer_path());
        wire.map(Into::into)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(self.answer_path());
        let _ = std::fs::remove_file(self.taken_path());
    }
}

/// The requests of living processes that have no answer yet, oldest first. Leftovers of dead ones
/// are removed.
pub(super) fn waiting(coord_dir: &Path) -> Vec<Job> {
    let Ok(entries) = std::fs::read_dir(dir(coord_dir)) else {
        return Vec::new();
    };
    let mut jobs: Vec<Job> = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_request = path.extension().is_some_and(|ending| ending == "ask");
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(_) => continue,
        };
        if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
            // Its process is gone, or (`new`) has not locked it yet; an answer belongs to a request.
            let is_orphan = !path.with_extension("ask").exists();
            let is_beside = path
                .extension()
                .is_some_and(|ending| ending == "answer" || ending == "taken");
            if is_request || is_beside && is_orphan {
                let _ = std::fs::remove_file(&path);
            }
            continue;
        }
        if !is_request || path.with_extension("answer").exists() || jobs.len() >= JOBS_MAX {
            continue;
        }
        let mut bytes = Vec::new();
        let is_read = (&mut file).take(BYTES_MAX).read_to_end(&mut bytes).is_ok();
        jobs.extend(
            serde_json::from_slice::<Job>(&bytes)
                .ok()
                .filter(|_| is_read),
        );
    }
    jobs.sort_by_key(|job| job.op);
    jobs
}

/// Tells whoever waits that its request is under way. It is told before anything is published. Returns
/// whether an earlier leader had said so, which must have died.
pub(super) fn take(coord_dir: &Path, job: &Job) -> bool {
    let path = dir(coord_dir).join(format!("{}.taken", job.op));
    let taken = OpenOptions::new().write(true).create_new(true).open(path);
    taken.is_err_and(|why| why.kind() == std::io::ErrorKind::AlreadyExists)
}

/// Leaves an answer. If it cannot be left, its process decides for itself and finds that the
/// operation is in the chain already.
pub(super) fn answer(coord_dir: &Path, job: &Job, answer: &Result<Done, Failure>) {
    let path = dir(coord_dir).join(format!("{}.answer", job.op));
    local::store(&path, &Some(Wire::from(answer)));
}
