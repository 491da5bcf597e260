//! Random edits against a plain map, and against git's own listing.

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::each;
use super::rig::{Kind, Rig, about, assert_sound, git, place};
use crate::store::names::STATE;
use crate::store::{Draft, Snapshot};

type Batch = BTreeMap<String, Option<Vec<u8>>>;

/// Places whose directories git sorts in its own way; only names that end in `=` are records.
fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let dir = prop_oneof![
        Just("a"),
        Just("a-"),
        Just("a.b"),
        Just("a0"),
        Just("%c3%a4")
    ];
    let leaf = prop_oneof![Just("a="), Just("a-="), Just("b=")];
    let at = (proptest::collection::vec(dir, 0..3), leaf)
        .prop_map(|(dirs, leaf)| [dirs, vec![leaf]].concat().join("/"));
    let new = proptest::option::weighted(0.6, proptest::collection::vec(any::<u8>(), 0..4));
    let batch = proptest::collection::btree_map(at, new, 0..8);
    proptest::collection::vec(batch, 1..5)
}

fn agrees_with_a_map(rig: &Rig, batches: &[Batch]) {
    let backend = rig.here();
    let mut model: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let empty = Snapshot::at(&*backend, None).expect("a state");
    let mut draft = Draft::on(&empty);
    for batch in batches {
        for (at, new) in batch {
            match new {
                Some(data) => model.insert(at.clone(), data.clone()),
                None => model.remove(at),
            };
        }
        let edits = batch
            .iter()
            .map(|(at, new)| (place(at), new.clone()))
            .collect();
        draft
            .commit(&edits, about("batch"), false)
            .expect("a commit");
    }
    draft.write().expect("written objects");
    let tip = draft.tip();
    let fresh = rig.here();
    let snapshot = Snapshot::at(&*fresh, tip).expect("a state");
    let found: Vec<(String, Vec<u8>)> = snapshot
        .under("")
        .expect("readable trees")
        .into_iter()
        .map(|(at, bytes)| (at.as_str().to_owned(), bytes.expect("a record").to_vec()))
        .collect();
    assert_eq!(found, model.clone().into_iter().collect::<Vec<_>>());
    if let (false, Some(tip)) = (rig.is_memory(), tip) {
        let args = ["ls-tree", "-r", "-z", "--name-only", &tip.to_string()];
        let listed = git(&rig.here_dir(), &args);
        let names: Vec<&str> = listed.split_terminator('\0').collect();
        assert_eq!(names, model.keys().collect::<Vec<_>>());
        let args = ["update-ref", STATE, &tip.to_string()];
        git(&rig.here_dir(), &args);
        assert_sound(&rig.here_dir());
    }
}

#[test]
fn random_edits_agree_with_a_map_and_with_git() {
    each(|rig| {
        let cases = match rig.kind {
            Kind::Memory => 256,
            _ => 6,
        };
        let config = Config {
            failure_persistence: None,
            ..Config::with_cases(cases)
        };
        TestRunner::new(config)
            .run(&batches(), |batches| {
                agrees_with_a_map(rig, &batches);
                Ok(())
            })
            .expect("no counter-example");
    });
}
