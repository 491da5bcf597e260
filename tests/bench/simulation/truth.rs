//! What is so: which entries break the check, alone or together, and when it is red for no reason.

use std::collections::BTreeSet;

/// Entries that are further apart than this do not break each other: nobody would have written the
/// later one without the earlier one in sight.
const APART_MAX: usize = 32;

/// How likely everything is.
#[derive(Clone, Copy, Debug)]
pub struct Odds {
    /// An entry is broken by itself.
    pub broken: f64,
    /// Two entries that change one file break each other.
    pub same_file: f64,
    /// Two entries that change files of one directory do.
    pub same_dir: f64,
    /// The texts of two entries that change one file conflict.
    pub conflict: f64,
    /// A run is red on a tree that is not broken.
    pub flake: f64,
}

impl Odds {
    /// 16 overlapping entries break about 40 % of the time.
    pub const USUAL: Odds = Odds {
        broken: 0.10,
        same_file: 0.03,
        same_dir: 0.003,
        conflict: 0.0,
        flake: 0.02,
    };
}

/// A set of entries: what a tree consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tree(Vec<u64>);

impl Tree {
    /// This tree with one entry more.
    #[must_use]
    pub fn with(&self, entry: usize) -> Self {
        let mut words = self.0.clone();
        if words.len() <= entry / 64 {
            words.resize(entry / 64 + 1, 0);
        }
        words[entry / 64] |= 1 << (entry % 64);
        Self(words)
    }

    /// Whether an entry is in it.
    pub fn has(&self, entry: usize) -> bool {
        let word = self.0.get(entry / 64).copied().unwrap_or_default();
        word >> (entry % 64) & 1 == 1
    }

    /// Its entries, in the order of their numbers.
    pub fn entries(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(index, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| index * 64 + bit)
        })
    }
}

/// The files that one entry changes.
pub type Files = BTreeSet<String>;

/// Everything that is so about some entries.
pub struct Truth {
    /// What each entry changes.
    pub files: Vec<Files>,
    broken: Vec<bool>,
    /// For each entry the earlier ones that it breaks, and that break it.
    rivals: Vec<Vec<usize>>,
    conflicts: BTreeSet<(usize, usize)>,
    flake: f64,
    seed: u64,
}

impl Truth {
    /// Throws the dice. The same seed throws the same.
    pub fn new(files: Vec<Files>, odds: Odds, seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut throw = |odds: f64| dice.f64() < odds;
        let mut truth = Self {
            broken: files.iter().map(|_| throw(odds.broken)).collect(),
            rivals: vec![Vec::new(); files.len()],
            conflicts: BTreeSet::new(),
            flake: odds.flake,
            seed,
            files,
        };
        for late in 0..truth.files.len() {
            for early in late.saturating_sub(APART_MAX)..late {
                let is_file = overlap(&truth.files[early], &truth.files[late]);
                let is_dir = is_file || same_dir(&truth.files[early], &truth.files[late]);
                let does_break = (is_file && throw(odds.same_file))
                    || (!is_file && is_dir && throw(odds.same_dir));
                if does_break {
                    truth.rivals[late].push(early);
                }
                if is_file && throw(odds.conflict) {
                    truth.conflicts.insert((early, late));
                }
            }
        }
        truth
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Whether the check is red on this tree for a reason.
    pub fn is_broken(&self, tree: &Tree) -> bool {
        tree.entries().any(|entry| {
            self.broken[entry] || self.rivals[entry].iter().any(|other| tree.has(*other))
        })
    }

    /// Whether the texts of two entries conflict.
    pub fn do_conflict(&self, one: usize, other: usize) -> bool {
        self.conflicts.contains(&(one.min(other), one.max(other)))
    }

    /// One run of the check on a tree: whether it is green. The same run ends the same way, whoever
    /// asks for it.
    pub fn check(&self, tree: &Tree, run: usize) -> bool {
        if self.is_broken(tree) {
            return false;
        }
        let mut seed = self.seed ^ (run as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for word in &tree.0 {
            seed = (seed ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
            seed ^= seed >> 32;
        }
        fastrand::Rng::with_seed(seed).f64() >= self.flake
    }
}

fn overlap(one: &Files, other: &Files) -> bool {
    one.iter().any(|file| other.contains(file))
}

fn same_dir(one: &Files, other: &Files) -> bool {
    let dir = |file: &str| file.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned();
    let dirs: BTreeSet<String> = one.iter().map(|file| dir(file)).collect();
    other.iter().any(|file| dirs.contains(&dir(file)))
}
