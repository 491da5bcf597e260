//! Runs of checks: who may begin one, and what it comes to.

use super::shop::*;
use crate::domain::queue::find;
use crate::model::queue::{Ask, BATCH_FIRST, BATCH_MAX, Did, Outcome, RUNS_MAX, Standing};

#[test]
fn a_tree_is_checked_by_one_at_a_time() {
    let mut shop = Shop::with("a");
    let told = shop.ok("bob", start("", "a"));
    assert_eq!((told.did, told.locks.len()), (Did::Started, 1));
    assert_eq!(shop.refused("cid", start("", "a")), "lock_held");
    let told = shop.ok("bob", ran("bob", "", "a", None));
    assert_eq!((told.did, told.released.len()), (Did::GivenUp, 1));
    assert_eq!(shop.standing("a"), Standing::Unknown);
    shop.ok("cid", start("", "a"));
    assert_eq!(shop.ok("bob", ran("bob", "", "a", None)).did, Did::GivenUp);
    assert_eq!(shop.refused("bob", start("", "a")), "lock_held");
}

#[test]
fn runs_come_to_a_standing_and_what_is_judged_is_not_run_again() {
    use Standing::*;
    let cases: [(&[bool], Standing, bool); 5] = [
        (&[], Unknown, true),
        (&[true], Green, false),
        (&[false], RedOnce, true),
        (&[false, false], Red, false),
        (&[false, true], Flaky, false),
    ];
    for (runs, standing, may_run) in cases {
        let mut shop = Shop::with("a");
        for is_green in runs {
            shop.run("a", *is_green);
        }
        assert_eq!(shop.standing("a"), standing, "{runs:?}");
        let next = shop.ask("bob", start("", "a"));
        assert_eq!(next.is_ok(), may_run, "{runs:?}");
    }
}

#[test]
fn too_long_is_a_no() {
    let mut shop = Shop::with("a");
    shop.ok("bob", start("", "a"));
    let told = shop.ok("bob", ran("bob", "", "a", Some(Outcome::TimedOut)));
    assert_eq!(told.standing, Some(Standing::RedOnce));
}

#[test]
fn only_what_waits_is_checked() {
    let mut shop = Shop::with("a b");
    assert_eq!(shop.refused("bob", start("", "x")), "not_found");
    shop.ok("a", drop_it("a"));
    assert_eq!(shop.refused("bob", start("", "a")), "wrong_state");
    assert_eq!(shop.refused("bob", start("", "a b")), "wrong_state");
    shop.ok("b", retry("b", "b2"));
    assert_eq!(shop.refused("bob", start("", "b")), "wrong_state");
}

#[test]
fn a_run_that_is_told_twice_counts_once() {
    let mut shop = Shop::with("a");
    let told = ran("bob", "", "a", Some(Outcome::Failed));
    for _ in 0..2 {
        shop.ok("bob", start("", "a"));
        let told = shop.ok("bob", told.clone());
        assert_eq!(told.standing, Some(Standing::RedOnce));
        assert_eq!(told.released.len(), 1);
    }
    let rev = shop.world.book.rev;
    shop.ok("bob", told);
    assert_eq!(shop.world.book.rev, rev);
}

#[test]
fn whoever_ran_it_says_so_even_late() {
    let mut shop = Shop::with("a");
    assert_eq!(
        shop.refused("cid", ran("bob", "", "a", Some(Outcome::Passed))),
        "not_yours"
    );
    let told = shop.ok("bob", ran("bob", "", "a", Some(Outcome::Passed)));
    assert_eq!((told.did, told.released.len()), (Did::Judged, 0));
    for _ in 1..RUNS_MAX {
        shop.ok("bob", ran("bob", "", "a", Some(Outcome::Failed)));
    }
    assert_eq!(shop.standing("a"), Standing::Flaky);
    shop.ok("bob", ran("bob", "", "a", Some(Outcome::Failed)));
    let verdict = find::verdict(&shop.world.book, &point("a").tree, &check());
    assert_eq!(
        verdict.unwrap().unwrap().runs.len(),
        RUNS_MAX,
        "so many are enough"
    );
    shop.world.trust("eve", 0);
    let ask = ran("eve", "", "a", Some(Outcome::Failed));
    assert_eq!(shop.refused("eve", ask), "not_allowed");
}

#[test]
fn what_is_certified_is_the_train_and_a_part_of_it_leaves_it() {
    let mut shop = Shop::with("a b c d");
    shop.ok("bob", start("", "a b c"));
    assert_eq!(shop.line().train, [id("a"), id("b"), id("c")]);
    shop.ok("bob/2", start("", "a b"));
    assert_eq!(shop.line().train.len(), 3);
    shop.ok("bob/3", start("", "b d"));
    assert_eq!(shop.line().train, [id("b"), id("d")]);
}

#[test]
fn a_batch_is_halved_when_it_is_red_and_doubled_when_it_lands() {
    let names: Vec<String> = (0..100).map(|n| format!("e{n:02}")).collect();
    let mut shop = Shop::with(&names.join(" "));
    let mut left = &names[..];
    for batch in [4, 8, 16, 32, 32] {
        assert_eq!(shop.line().batch, batch);
        let (now, later) = left.split_at(batch as usize);
        shop.run(&now.join(" "), true);
        shop.land(&now.join(" "));
        left = later;
    }
    assert_eq!(shop.line().batch, BATCH_MAX);
    let mut shop = Shop::with(&names.join(" "));
    shop.run(&names[..4].join(" "), true);
    shop.land(&names[..4].join(" "));
    shop.run(&names[4..11].join(" "), false);
    assert_eq!(shop.line().batch, 8, "it was no full batch");
    shop.run(&names[4..12].join(" "), false);
    assert_eq!(shop.line().batch, 4);
    shop.run(&names[4..12].join(" "), false);
    shop.run(&names[4..10].join(" "), false);
    assert_eq!(shop.line().batch, BATCH_FIRST, "never below the first");
}

#[test]
fn where_an_entry_is_checked_alone_is_known_from_the_start() {
    let mut shop = Shop::with("a b");
    shop.ok("bob", start("", "a"));
    let isolated = shop.entry("a").isolated.clone().unwrap();
    assert_eq!(isolated.onto, point("").commit);
    assert_eq!(
        (isolated.before, isolated.tree),
        (point("").tree, point("a").tree)
    );
    let Ask::Ran(ran) = ran("bob", "", "a", Some(Outcome::Passed)) else {
        unreachable!()
    };
    shop.ok("a", retry("a", "a2"));
    shop.ok("bob", Ask::Ran(ran));
    assert_eq!(shop.entry("a").isolated, None, "that was another commit");
}
