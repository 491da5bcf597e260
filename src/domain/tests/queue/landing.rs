//! Landing what was certified, and noting what is there already.

use super::shop::*;
use crate::model::queue::{Add, Ask, BATCH_MAX, Did, Land, Landing};

#[test]
fn what_was_checked_lands_together() {
    let mut shop = Shop::with("a b c");
    shop.prove("a b");
    shop.run("a b", true);
    let told = shop.land("a b");
    assert_eq!(told.did, Did::Landed);
    assert_eq!(
        (shop.stage("a"), shop.stage("b"), shop.stage("c")),
        ("landed", "landed", "queued")
    );
    let line = shop.line();
    assert_eq!((line.landed, line.train.len(), line.batch), (2, 0, 4));
    let landed = shop.entry("b").landed.clone().unwrap();
    assert_eq!(landed.commit, point("a b").commit);
}

#[test]
fn what_does_not_land() {
    let many = |count: usize, paths: usize| {
        let landing = Landing {
            id: id("a"),
            sealed: seal("a"),
            paths: vec!["src/a.rs".parse().unwrap(); paths],
            require: Vec::new(),
        };
        Land {
            entries: vec![landing; count],
            ..land("", "a")
        }
    };
    let mut shop = Shop::with("a b");
    shop.ok(
        "c",
        Ask::Add(Add {
            after: [id("b")].into(),
            ..add("c")
        }),
    );
    shop.run("a", true);
    shop.run("c", true);
    shop.run("b c", true);
    let cases = [
        (land("", "b"), "wrong_state", "not checked"),
        (land("a", "c"), "wrong_state", "another tree was checked"),
        (land("", "x"), "wrong_state", "nobody"),
        (land("", "c"), "wrong_state", "before what it waits for"),
        (
            Land {
                entries: land("", "c b").entries,
                ..land("", "b c")
            },
            "wrong_state",
            "in the wrong order",
        ),
        (
            Land {
                entries: land("", "a2").entries,
                ..land("", "a")
            },
            "not_found",
            "another name",
        ),
        (many(BATCH_MAX as usize + 1, 0), "limit", "too many"),
        (many(1, 50_001), "limit", "too many paths"),
    ];
    for (ask, code, what) in cases {
        assert_eq!(shop.refused("runner", Ask::Land(ask)), code, "{what}");
    }
    shop.ok("bob", pause(Some("a release")));
    assert_eq!(
        shop.refused("runner", Ask::Land(land("", "a"))),
        "wrong_state"
    );
    shop.ok("bob", pause(None));
    shop.land("b c");
}

#[test]
fn a_red_tree_does_not_land_and_a_flaky_one_does() {
    let mut shop = Shop::with("a");
    shop.run("a", false);
    assert_eq!(
        shop.refused("runner", Ask::Land(land("", "a"))),
        "wrong_state"
    );
    shop.run("a", true);
    shop.land("a");
}

#[test]
fn the_submitters_locks_are_given_back_and_those_of_others_stand_in_the_way() {
    let mut shop = Shop::with("a b");
    shop.prove("a b");
    shop.world.by("a").lock("src/a.rs").ok();
    shop.world.by("eve").lock("src/b.rs").ok();
    let told = shop.land("a");
    assert_eq!(told.released, ["src/a.rs".parse().unwrap()]);
    assert_eq!(shop.world.held(), "eve src/b.rs");
    shop.run("b", true);
    assert_eq!(
        shop.refused("runner", Ask::Land(land("a", "b"))),
        "lock_held"
    );
    shop.world.by("eve").unlock("src/b.rs").ok();
    shop.land("b");
}

#[test]
fn an_entry_lands_once() {
    let mut shop = Shop::with("a");
    shop.prove("a");
    shop.land("a");
    assert_eq!(
        shop.refused("runner", Ask::Land(land("", "a"))),
        "wrong_state"
    );
}

#[test]
fn what_is_on_the_target_is_noted_once() {
    let mut shop = Shop::with("a b");
    shop.ok("b", retry("b", "b2"));
    for (who, key) in [("a", "src/a.rs"), ("b", "src/b.rs"), ("bob", "other")] {
        shop.world.by(who).lock(key).ok();
    }
    let told = shop.ok("runner", settle("a b x"));
    // The locks of who submitted what landed are given back, and no others.
    assert_eq!(told.released, ["src/a.rs".parse().unwrap()]);
    assert_eq!(shop.world.book.locks().len(), 2);
    assert_eq!((told.did, told.entries.len()), (Did::Settled, 1));
    assert_eq!((shop.stage("a"), shop.stage("b")), ("landed", "queued"));
    assert_eq!(shop.line().landed, 1);
    let rev = shop.world.book.rev;
    assert_eq!(shop.ok("bob", settle("a b x")).entries.len(), 0);
    assert_eq!(shop.world.book.rev, rev);
}
