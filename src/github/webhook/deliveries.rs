//! Deliveries that were taken already: nobody who has read one can send it again.
//!
//! A delivery is known by its id and by its signature. The id is in no signature, so that whoever has
//! one delivery could send it under as many ids as wanted; the same bytes have the same signature. What
//! is remembered is bounded, and outlives the process. One that is so old that it is forgotten costs one
//! look.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::coord::Coord;
use crate::coord::local;

/// Most deliveries that are remembered.
const KNOWN_MAX: usize = 2_000;
/// The file of this clone.
const FILE: &str = "github/deliveries.json";

/// The deliveries that are remembered.
pub struct Deliveries {
    file: Option<PathBuf>,
    known: Mutex<Known>,
}

/// Oldest first.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    taken: VecDeque<(String, String)>,
}

impl Deliveries {
    /// Those of this clone.
    pub fn of(coord: &Coord) -> Self {
        Self::at(coord.repo().coord_dir().join(FILE))
    }

    /// Those of this process alone.
    #[cfg(test)]
    pub(super) fn forgotten() -> Self {
        Self {
            file: None,
            known: Mutex::default(),
        }
    }

    fn at(file: PathBuf) -> Self {
        let mut known: Known = local::load(&file);
        known.cut();
        Self {
            file: Some(file),
            known: Mutex::new(known),
        }
    }

    /// Takes a delivery. Whether it is a new one.
    pub fn take(&self, id: &str, signature: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let signature = signature.to_ascii_lowercase();
        let is_it = |taken: &(String, String)| taken.0 == id || taken.1 == signature;
        if known.taken.iter().any(is_it) {
            return false;
        }
        known.taken.push_back((id.to_owned(), signature));
        known.cut();
        if let Some(file) = &self.file {
            local::store(file, &*known);
        }
        true
    }
}

impl Known {
    fn cut(&mut self) {
        let surplus = self.taken.len().saturating_sub(KNOWN_MAX);
        self.taken.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::{Deliveries, KNOWN_MAX};

    #[test]
    fn a_delivery_is_taken_once_also_after_a_restart() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let file = dir.path().join("github/deliveries.json");
        let first = Deliveries::at(file.clone());
        assert!(first.take("a", "sha256=1A"));
        assert!(!first.take("a", "sha256=2"), "the same id");
        assert!(!first.take("b", "sha256=1a"), "the same bytes");
        drop(first);
        let again = Deliveries::at(file.clone());
        assert!(!again.take("a", "sha256=3"));
        assert!(again.take("c", "sha256=4"));
        std::fs::write(&file, "{").expect("it is writable");
        assert!(
            Deliveries::at(file).take("c", "sha256=4"),
            "nothing is known"
        );
    }

    #[test]
    fn only_so_many_are_remembered() {
        let all = Deliveries::forgotten();
        for number in 0..=KNOWN_MAX {
            assert!(all.take(&number.to_string(), &format!("s{number}")));
        }
        assert!(!all.take("1", "new"));
        assert!(all.take("0", "s0"), "the oldest one is forgotten");
    }
}
