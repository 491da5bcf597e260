//! Leaving the line, and stopping it.

use super::shop::*;
use crate::model::queue::Did;

#[test]
fn an_entry_leaves_once_and_off_the_train() {
    let mut shop = Shop::with("a b");
    shop.prove("a b");
    shop.run("a b", false);
    assert_eq!(shop.refused("bob", drop_it("a")), "not_yours");
    assert_eq!(shop.refused("bob", drop_it("x")), "not_found");
    assert_eq!(shop.ok("a", drop_it("a")).did, Did::Dropped);
    assert_eq!(shop.stage("a"), "cancelled");
    assert_eq!(shop.line().train, [id("b")]);
    let rev = shop.world.book.rev;
    assert_eq!(shop.ok("a", drop_it("a")).did, Did::Dropped);
    assert_eq!(shop.world.book.rev, rev, "it has left already");
}

#[test]
fn what_landed_does_not_leave() {
    let mut shop = Shop::with("a");
    shop.prove("a");
    shop.land("a");
    assert_eq!(shop.refused("a", drop_it("a")), "wrong_state");
}

#[test]
fn somebody_trusted_takes_out_what_others_added() {
    let mut shop = Shop::with("a");
    shop.world.trust("boss", 3);
    assert_eq!(shop.ok("boss", drop_it("a")).did, Did::Dropped);
}

#[test]
fn a_line_is_stopped_by_anybody_and_goes_on_by_who_stopped_it() {
    let mut shop = Shop::with("a");
    let rev = shop.world.book.rev;
    assert_eq!(shop.ok("bob", pause(None)).did, Did::Resumed);
    assert_eq!(shop.world.book.rev, rev, "it was not stopped");
    assert_eq!(shop.ok("bob", pause(Some("a release"))).did, Did::Paused);
    assert_eq!(shop.refused("a", pause(None)), "not_yours");
    assert_eq!(shop.refused("a", pause(Some("mine"))), "not_yours");
    assert_eq!(shop.ok("bob/2", pause(None)).did, Did::Resumed);
    shop.ok("bob", pause(Some("a release")));
    shop.world.trust("boss", 3);
    shop.ok("boss", pause(None));
    assert_eq!(shop.line().paused, None);
}
