//! Rounds of racers on one key and on keys of every kind, in every repository format.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::field::{Counts, Field, Format};
use super::oracle::WISHES;

/// Rounds in one repository. A long chain would make the check after each round the longest part.
const ROUNDS_PER_FIELD: usize = 8;

/// Runs rounds in one repository after another, and prints what was done.
fn rounds(what: &str, format: Format, racers: usize, rounds: usize, round: impl Fn(&mut Field)) {
    let start = Instant::now();
    let mut counts = Counts::default();
    while counts.rounds < rounds {
        let mut field = Field::new(format, racers, fastrand::u64(..));
        for _ in 0..ROUNDS_PER_FIELD.min(rounds - counts.rounds) {
            round(&mut field);
        }
        counts.add(&field.counts);
    }
    println!(
        "{what}, {format:?}, {racers} at once, {:?}: {counts:?}",
        start.elapsed()
    );
    assert!(counts.slowest_next < Duration::from_secs(10));
}

/// On one key, exactly one wins each round.
fn one_key(format: Format, racers: usize, count: usize) {
    let wishes = vec![WISHES[1]; racers];
    rounds("one key", format, racers, count, |field| {
        let racers = field.race(&wishes, &BTreeMap::new());
        let holders = field.settle(&wishes, &racers);
        assert_eq!(holders.len(), 1);
    });
}

/// On mixed keys, with a fifth of the processes killed.
fn mixed_keys(format: Format, racers: usize, count: usize) {
    rounds("mixed keys, some killed", format, racers, count, |field| {
        let wishes = field.mixed_wishes(racers);
        let sentences = field.sentences(racers);
        let racers = field.race(&wishes, &sentences);
        field.settle(&wishes, &racers);
    });
}

#[test]
fn one_of_many_wins_a_key() {
    one_key(Format::Files, 32, 40);
    one_key(Format::Files, 8, 180);
}

#[test]
fn one_of_many_wins_a_key_in_other_formats() {
    for format in Format::known(&[Format::Reftable, Format::Sha256, Format::Program]) {
        one_key(format, 32, 10);
        one_key(format, 8, 50);
    }
}

#[test]
fn the_killed_take_nothing_with_them() {
    mixed_keys(Format::Files, 32, 40);
    mixed_keys(Format::Files, 8, 242);
}

#[test]
fn the_killed_take_nothing_with_them_in_other_formats() {
    for format in Format::known(&[Format::Reftable, Format::Sha256, Format::Program]) {
        mixed_keys(format, 32, 10);
        mixed_keys(format, 8, 80);
    }
}
