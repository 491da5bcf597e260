//! What becomes of everybody in line, as things stand.

use super::shop::*;
use crate::domain::queue::plan::{Hindrance, Status};
use crate::model::queue::{Add, Ask, BATCH_MAX};

fn after(name: &str, before: &str) -> Ask {
    Ask::Add(Add {
        after: before.split_whitespace().map(id).collect(),
        ..add(name)
    })
}

#[test]
fn whoever_is_proven_boards() {
    let mut shop = Shop::with("a b c");
    assert_eq!(
        shop.stands(),
        "a unproven Unknown, b unproven Unknown, c unproven Unknown"
    );
    shop.prove("a c");
    assert_eq!(shop.stands(), "a aboard, b unproven Unknown, c aboard");
    let train = shop.plan().train;
    assert_eq!(train[0].point, point("a"));
    assert_eq!(train[1].point, point("a c"), "each on the one before");
}

#[test]
fn who_conflicts_with_one_ahead_waits_behind_that_one() {
    for (rival, behind) in [("a d", "a"), ("b d", "b"), ("c d", "c")] {
        let mut shop = Shop::with("a b c d e");
        shop.conflicts = vec![rival];
        shop.prove("a b c d e");
        assert_eq!(
            shop.stands(),
            format!("a aboard, b aboard, c aboard, d deferred behind {behind}, e aboard")
        );
        shop.ok(behind, drop_it(behind));
        assert!(shop.stands().contains("d aboard"), "it has left");
    }
}

#[test]
fn who_conflicts_with_the_target_has_to_be_rebased() {
    let mut shop = Shop::with("a b");
    shop.conflicts = vec!["main a", "a b"];
    shop.prove("b");
    assert_eq!(shop.stands(), "a needs rebase in main.rs, b aboard");
    shop.land("b");
    assert_eq!(shop.stands(), "a needs rebase in b.rs");
    assert_eq!(shop.next(4), "", "it is the submitter's turn");
}

#[test]
fn nobody_waits_behind_one_that_is_not_aboard() {
    let mut shop = Shop::with("a b");
    shop.conflicts = vec!["a b"];
    shop.prove("b");
    assert_eq!(shop.stands(), "a unproven Unknown, b aboard");
}

#[test]
fn what_comes_after_others_is_tried_on_them() {
    let mut shop = Shop::with("a");
    shop.ok("b", after("b", "a"));
    shop.ok("c", after("c", "b"));
    assert_eq!(shop.stands(), "a unproven Unknown, b after a, c after a");
    shop.prove("a");
    assert_eq!(shop.stands(), "a aboard, b unproven Unknown, c after b");
    let plan = shop.plan();
    let Status::Unproven(alone) = &plan.line[1].status else {
        unreachable!()
    };
    assert_eq!((alone.onto, alone.point), (point("a"), point("a b")));
    assert_eq!(alone.target, point("").commit, "which is on the target");
    shop.run_on("a", "b", true);
    assert_eq!(shop.stands(), "a aboard, b aboard, c unproven Unknown");
    // What it comes after has to be merged, and others need not be.
    shop.ok("x", Ask::Add(add("x")));
    shop.prove("x");
    let plan = shop.plan();
    let Status::Unproven(alone) = &plan.line[2].status else {
        unreachable!()
    };
    assert_eq!(alone.onto, point("a b"));
}

#[test]
fn what_comes_after_one_that_landed_is_tried_on_the_target() {
    let mut shop = Shop::with("a");
    shop.ok("b", after("b", "a"));
    shop.prove("a");
    shop.land("a");
    assert_eq!(shop.stands(), "b unproven Unknown");
    let Status::Unproven(alone) = shop.plan().line[0].status.clone() else {
        unreachable!()
    };
    assert_eq!(alone.onto, point("a"));
}

#[test]
fn who_is_hindered_holds_up_only_what_waits_for_it() {
    let mut shop = Shop::with("a b");
    shop.ok("c", after("c", "a"));
    shop.prove("a b");
    let stale = Hindrance::Stale { now: seal("a2") };
    shop.hindered.insert(id("a"), stale);
    assert_eq!(shop.stands(), "a hindered, b aboard, c after a");
}

#[test]
fn what_is_on_the_target_is_there_and_counts_as_before() {
    let mut shop = Shop::with("a");
    shop.ok("b", after("b", "a"));
    shop.tip = vec!["a".into()];
    assert_eq!(shop.stands(), "a present, b unproven Unknown");
    shop.ok("bob", pause(Some("a release")));
    assert_eq!(
        shop.next(4),
        "settle a",
        "that is so even on a line that is stopped"
    );
}

/// To run it anew whenever something of it was touched kept back for ever who touches what
/// everybody touches.
#[test]
fn a_green_check_stays_good_whatever_lands() {
    let mut shop = Shop::with("a b c");
    shop.prove("a b c");
    shop.land("a");
    assert_eq!(shop.stands(), "b aboard, c aboard");
    shop.run("b", false);
    assert_eq!(
        shop.stands(),
        "b unproven RedOnce, c aboard",
        "until it is red on the target as it is"
    );
}

/// A broken entry that follows the target is red once on each commit, and never twice on any.
#[test]
fn a_check_that_was_begun_stays_where_it_was_begun() {
    let mut shop = Shop::with("a b");
    shop.prove("a");
    shop.ok("runner", start("", "b"));
    shop.land("a");
    assert_eq!(
        shop.next(4),
        "",
        "it is being checked, on the commit of then"
    );
    shop.ok(
        "runner",
        ran(
            "runner",
            "",
            "b",
            Some(crate::model::queue::Outcome::Failed),
        ),
    );
    let plan = shop.plan();
    let Status::Unproven(alone) = &plan.line[0].status else {
        panic!("{plan:?}")
    };
    assert_eq!((alone.onto, alone.point), (point(""), point("b")));
    assert_eq!(shop.next(4), "isolate b, base");
    shop.run_on("", "b", false);
    shop.run_on("", "", true);
    assert_eq!(shop.next(4), "evict b");
    shop.ok("runner", evict("b", ""));
}

/// What was red where the target itself was red says nothing once that is mended.
#[test]
fn a_check_on_a_red_target_is_begun_anew() {
    let mut shop = Shop::with("b");
    shop.run("b", false);
    shop.run("", false);
    shop.run("", false);
    assert_eq!(shop.stands(), "b unproven RedOnce");
    assert_eq!(shop.next(4), "", "nothing follows from it");
    shop.tip = vec!["mended".into()];
    assert_eq!(shop.stands(), "b unproven Unknown");
    assert_eq!(shop.next(4), "isolate b");
}

#[test]
fn a_train_has_an_end() {
    let names: Vec<String> = (0..=BATCH_MAX).map(|n| format!("e{n:02}")).collect();
    let mut shop = Shop::with(&names.join(" "));
    shop.prove(&names.join(" "));
    assert_eq!(shop.plan().train.len(), BATCH_MAX as usize);
    assert!(shop.stands().ends_with("e31 aboard, e32 proven"));
}
