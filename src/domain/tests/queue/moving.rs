//! What comes next.

use super::shop::*;
use crate::model::queue::{Ask, Outcome};

#[test]
fn entries_are_checked_alone_by_as_many_as_are_free() {
    let mut shop = Shop::with("a b c");
    assert_eq!(shop.next(0), "");
    assert_eq!(shop.next(2), "isolate a, isolate b");
    assert_eq!(shop.next(9), "isolate a, isolate b, isolate c");
    shop.ok("bob", start("", "b"));
    assert_eq!(shop.next(9), "isolate a, isolate c");
}

#[test]
fn who_is_first_and_green_lands_at_once() {
    let mut shop = Shop::with("a b");
    shop.prove("a");
    assert_eq!(shop.next(0), "land a", "that takes no runner");
}

#[test]
fn a_line_that_is_stopped_does_nothing() {
    let mut shop = Shop::with("a b");
    shop.prove("a");
    shop.ok("bob", pause(Some("a release")));
    assert_eq!(shop.next(9), "");
    shop.ok("bob", pause(None));
    assert_eq!(shop.next(9), "land a");
}

impl Shop {
    /// Six that are proven, and a target that is green.
    fn train() -> Self {
        let mut shop = Shop::with("z a b c d e f");
        shop.prove("z a b c d e f");
        shop.land("z");
        shop
    }
}

#[test]
fn a_train_is_checked_when_it_is_long_enough_or_nobody_else_can_join() {
    let mut shop = Shop::with("z a b c d e");
    shop.prove("z a b c");
    shop.land("z");
    assert_eq!(shop.next(9), "isolate d, isolate e", "three are too few");
    shop.run_on("z", "d", true);
    assert_eq!(shop.next(9), "certify a b c d, isolate e");
    assert_eq!(shop.next(1), "certify a b c d", "which goes first");
    shop.ok("bob", start("z", "a b c d"));
    shop.run_on("z", "e", true);
    assert_eq!(shop.next(9), "", "one at a time");

    let mut shop = Shop::with("z a b");
    shop.prove("z a b");
    shop.land("z");
    assert_eq!(shop.next(9), "certify a b", "nobody else is there");
}

#[test]
fn the_longest_green_beginning_lands() {
    let mut shop = Shop::train();
    shop.run("a b c d", false);
    shop.run("a b", true);
    assert_eq!(shop.next(9), "land a b");
    // What comes later may mend what was red before it: together they were checked.
    shop.run("a b c d e", true);
    assert_eq!(shop.next(9), "land a b c d e");
}

#[test]
fn a_red_train_is_cut_at_two_places_at_a_time() {
    let mut shop = Shop::train();
    shop.run("a b c d e f", false);
    assert_eq!(shop.next(1), "certify a b c");
    assert_eq!(shop.next(9), "certify a b c, isolate a");
    shop.ok("bob", start("z", "a b c"));
    assert_eq!(shop.next(9), "isolate a", "what goes on is not begun again");
    shop.ok("bob", ran("bob", "z", "a b c", Some(Outcome::Passed)));
    assert_eq!(shop.next(9), "land a b c");
    shop.land("a b c");
    assert_eq!(
        shop.next(1),
        "isolate d",
        "the rest is still known to be red"
    );
}

#[test]
fn who_makes_the_difference_goes() {
    let mut shop = Shop::train();
    shop.run("a b c d", false);
    shop.run("a b", true);
    shop.land("a b");
    shop.run("c", false);
    // Alone on the target now: it is off the train, and is run again before anything else.
    assert_eq!(shop.next(1), "isolate c");
    assert_eq!(
        shop.next(9),
        "isolate c",
        "three are too few, and it may yet join"
    );
    shop.run("c", false);
    assert_eq!(shop.next(9), "evict c");
    shop.ok("runner", evict("c", "z a b"));
    assert_eq!(shop.next(9), "certify d e f");
}

#[test]
fn nobody_is_put_out_for_a_flake() {
    let mut shop = Shop::train();
    shop.run("a b c d", false);
    shop.run("a b c", true);
    assert_eq!(shop.next(9), "land a b c");
    shop.land("a b c");
    assert_eq!(shop.next(1), "isolate d");
    shop.run("d", true);
    assert_eq!(shop.next(9), "land d");
}

/// It was red on the last commit, came back on the train with the next one since its old check was
/// green, and so on for ever.
#[test]
fn a_suspect_does_not_come_back_on_the_train_when_others_land() {
    let mut shop = Shop::train();
    shop.run("a", false);
    shop.ok("bob", start("z", "a"));
    shop.run("b c d e", true);
    shop.land("b c d e");
    assert_eq!(shop.stands(), "a unproven RedOnce, f aboard");
    shop.ok("bob", ran("bob", "z", "a", Some(Outcome::Failed)));
    assert_eq!(shop.next(9), "evict a");
}

#[test]
fn nothing_is_concluded_before_it_is_known_that_the_target_is_green() {
    let mut shop = Shop::with("a b c d");
    shop.prove("b c d");
    shop.ok("a", drop_it("a"));
    shop.land("b");
    // Somebody pushed by hand: nobody knows whether the target is green.
    shop.tip = vec!["b".into(), "x".into()];
    shop.run("c d", false);
    assert_eq!(shop.next(9), "base, isolate c");
    shop.run("", false);
    assert_eq!(shop.next(9), "base", "the same tree once more");
    shop.run("", false);
    assert_eq!(shop.next(9), "", "the target is red");
}

#[test]
fn on_a_red_target_what_mends_it_is_still_found() {
    let mut shop = Shop::with("a mend");
    shop.run("a", false);
    shop.run("", false);
    shop.run("", false);
    assert_eq!(shop.next(9), "isolate mend");
    shop.prove("mend");
    assert_eq!(shop.next(9), "land mend");
    shop.land("mend");
    assert_eq!(shop.next(9), "isolate a");
}

/// The reference system blocks both for ever.
#[test]
fn two_that_change_the_same_land_one_after_the_other() {
    let mut shop = Shop::with("a b");
    shop.conflicts = vec!["a b"];
    assert_eq!(shop.next(9), "isolate a, isolate b");
    shop.prove("a b");
    assert_eq!(shop.stands(), "a aboard, b deferred behind a");
    assert_eq!(shop.next(9), "land a");
    shop.land("a");
    assert_eq!(shop.stands(), "b needs rebase in a.rs");
    shop.ok("b", retry("b", "b2"));
    shop.conflicts.clear();
    assert_eq!(shop.next(9), "isolate b");
}

#[test]
fn a_dead_runner_keeps_nobody() {
    let mut shop = Shop::with("a");
    shop.ok("bob", start("", "a"));
    assert_eq!(shop.next(9), "");
    shop.ok("bob", ran("bob", "", "a", None));
    assert_eq!(shop.next(9), "isolate a");
    shop.ok("a", drop_it("a"));
    assert_eq!(shop.next(9), "");
    shop.ok("b", Ask::Add(add("b")));
    assert_eq!(shop.next(9), "isolate b");
}
