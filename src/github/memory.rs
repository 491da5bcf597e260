//! What was seen before, so that GitHub need only say that it is as before.
//!
//! A file for each address in `coord/github/` of the clone. They only save work: one that is missing or
//! damaged is asked for again, and whatever changes a page on the word of one is looked at afresh first.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Client;
use crate::coord::{Coord, local};
use crate::env;

/// The directory in that of the clone.
const DIR: &str = "github";
/// Most such files.
const FILES_MAX: usize = 512;
/// How long another round of this clone is waited for.
const WAIT: Duration = Duration::from_secs(60);
/// How often that is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Those that were not of use for so long are removed.
const KEEP: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// One answer, without what nobody here needs of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    path: String,
    pub etag: String,
    pub next: Option<String>,
    pub value: Value,
}

/// What is known of whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// Whose the token is that the digest is of.
    pub login: Option<String>,
    /// It may make no check runs.
    pub no_checks: bool,
    /// These cannot be assigned.
    pub not_assignable: Vec<String>,
    /// When a round was whole last.
    pub synced_at: Option<String>,
}

/// The files of one clone, for one place and token.
pub struct Memory {
    dir: PathBuf,
    who: String,
}

impl Memory {
    /// Those of this clone. Another token may be shown other things, so it has its own.
    pub fn open(coord: &Coord, client: &Client) -> Self {
        let place = client.place();
        let repo = place.repo.to_string();
        let who = digest(&[&place.api, &repo, &client.token().mark()]);
        Self {
            dir: coord.repo().coord_dir().join(DIR),
            who,
        }
    }

    /// Whatever is remembered of whoever asks.
    pub fn known(&self) -> Known {
        local::load(&self.dir.join(format!("{}.json", self.who)))
    }

    /// Remembers that.
    pub fn note(&self, known: &Known) {
        if self.known() != *known {
            local::store(&self.dir.join(format!("{}.json", self.who)), known);
        }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.dir
            .join(format!("{}.seen", digest(&[&self.who, path])))
    }

    pub(super) fn seen(&self, path: &str) -> Option<Seen> {
        let seen: Seen = local::load(&self.file(path));
        (seen.path == path).then_some(seen)
    }

    pub(super) fn remember(&self, path: &str, etag: &str, next: Option<&str>, value: &Value) {
        let seen = Seen {
            path: path.to_owned(),
            etag: etag.to_owned(),
            next: next.map(str::to_owned),
            value: value.clone(),
        };
        local::store(&self.file(path), &seen);
    }

    pub(super) fn forget(&self, path: &str) {
        // One that is not there is forgotten already.
        let _ = fs::remove_file(self.file(path));
    }

    /// Waits until no other round of this clone is at work; none when that takes too long. Dropping the
    /// file lets others in.
    pub fn alone(&self) -> Option<File> {
        let path = self.dir.join("lock");
        let open = || File::options().create(true).append(true).open(&path);
        let file = open().or_else(|_| fs::create_dir_all(&self.dir).and_then(|()| open()));
        let file = file.ok()?;
        let start = Instant::now();
        while file.try_lock().is_err() {
            if start.elapsed() > WAIT {
                return None;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Some(file)
    }

    /// Removes what was of no use for long, and the oldest of too many.
    pub fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        let mut files: Vec<(Duration, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let age = env::since(entry.metadata().ok()?.modified().ok()?)?;
                let is_seen = entry.path().extension().is_some_and(|it| it == "seen");
                is_seen.then(|| (age, entry.path()))
            })
            .collect();
        files.sort();
        for (at, (age, file)) in files.iter().enumerate() {
            if at >= FILES_MAX || *age > KEEP {
                let _ = fs::remove_file(file);
            }
        }
    }
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
