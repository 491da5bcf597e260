//! Nobody is put out on one red, on a red target, or without a green one right before.

use super::shop::*;

#[test]
fn who_is_put_out() {
    // Runs of the target, runs with the entry, and whether it goes.
    let cases: [(&[bool], &[bool], bool); 8] = [
        (&[true], &[false, false], true),
        (&[false, true], &[false, false], true),
        (&[true], &[false], false),
        (&[true], &[], false),
        (&[true], &[false, true], false),
        (&[], &[false, false], false),
        (&[false], &[false, false], false),
        (&[false, false], &[false, false], false),
    ];
    for (base, with, goes) in cases {
        let mut shop = Shop::with("a");
        base.iter()
            .for_each(|is_green| drop(shop.run("", *is_green)));
        with.iter()
            .for_each(|is_green| drop(shop.run("a", *is_green)));
        let wants = shop.next(4).contains("evict");
        assert_eq!(wants, goes, "{base:?} {with:?}: what comes next");
        if goes {
            shop.ok("runner", evict("a", ""));
            assert_eq!(shop.stage("a"), "failed");
            assert_eq!(shop.entry("a").red, Some(point("a").tree));
        } else {
            assert_eq!(shop.refused("runner", evict("a", "")), "wrong_state");
        }
    }
}

#[test]
fn another_commit_is_not_judged_by_what_the_last_one_did() {
    let mut shop = Shop::with("a");
    shop.run("", true);
    shop.run("a", false);
    shop.run("a", false);
    shop.ok("a", retry("a", "a2"));
    assert_eq!(shop.refused("runner", evict("a", "")), "wrong_state");
}

#[test]
fn who_is_out_is_out() {
    let mut shop = Shop::with("a");
    shop.run("", true);
    shop.run("a", false);
    shop.run("a", false);
    shop.ok("runner", evict("a", ""));
    assert_eq!(shop.refused("runner", evict("a", "")), "wrong_state");
    assert_eq!(shop.refused("runner", evict("x", "")), "not_found");
}
