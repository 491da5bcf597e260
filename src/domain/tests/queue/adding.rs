//! Getting in line, and back into it.

use super::shop::*;
use crate::model::queue::{Add, Ask, Did, ENTRIES_MAX, Retry, Standing};

#[test]
fn an_entry_waits_with_its_place_and_a_title() {
    let mut shop = Shop::with("a b");
    let told = shop.ok("cid", Ask::Add(add("c")));
    assert_eq!(told.did, Did::Added);
    let entry = shop.entry("c");
    assert_eq!(entry.title.as_str(), "c", "the branch says what it is");
    assert_eq!((entry.ahead, entry.landed_before, entry.retries), (2, 0, 0));
    assert_eq!(entry.submitter.agent.as_str(), "cid");
    assert_eq!(shop.order(), "a b c");
}

#[test]
fn the_same_commit_keeps_its_place_and_what_its_check_said() {
    let mut shop = Shop::with("a b");
    shop.prove("a");
    let again = shop.ok("a", Ask::Add(add("a")));
    assert_eq!(again.did, Did::Found);
    let urged = Add {
        priority: Some(1.try_into().unwrap()),
        ..add("b")
    };
    assert_eq!(shop.ok("b", Ask::Add(urged)).did, Did::Found);
    assert_eq!(shop.entry("b").priority.get(), 1);
    assert_eq!(shop.order(), "b a");
    assert!(shop.entry("a").isolated.is_some());
}

#[test]
fn another_commit_goes_to_the_back_and_off_the_train() {
    let mut shop = Shop::with("a b c");
    shop.prove("a b");
    shop.run("a b", false);
    assert_eq!(shop.line().train, [id("a"), id("b")]);
    let moved = Add {
        sealed: seal("a2"),
        ..add("a")
    };
    assert_eq!(shop.ok("a", Ask::Add(moved)).did, Did::Requeued);
    assert_eq!(shop.line().train, [id("b")]);
    assert_eq!(shop.order(), "b c a");
    assert_eq!(shop.entry("a").isolated, None);
}

#[test]
fn what_cannot_be_added() {
    let after = |name: &str, before: &str| Add {
        after: [id(before)].into(),
        ..add(name)
    };
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    let cases = [
        ("bob", add("a"), "not_yours"),
        (
            "a",
            Add {
                branch: Some("other".parse().unwrap()),
                ..add("a")
            },
            "exists",
        ),
        ("x", after("x", "nobody"), "not_found"),
        ("x", after("x", "x"), "not_found"),
        ("a", after("a", "b"), "cycle"),
        (
            "x",
            Add {
                title: Some(token.parse().unwrap()),
                ..add("x")
            },
            "secret",
        ),
        (
            "x",
            Add {
                paths: vec!["src/x.rs".parse().unwrap(); 50_001],
                ..add("x")
            },
            "limit",
        ),
    ];
    let mut shop = Shop::with("a");
    shop.ok("b", Ask::Add(after("b", "a")));
    for (by, ask, code) in cases {
        let shown = format!("{by} {} after {:?}", ask.id, ask.after);
        assert_eq!(shop.refused(by, Ask::Add(ask)), code, "{shown}");
    }
    shop.world.trust("boss", 3);
    let urgent = Add {
        urgent: Some("the site is down".parse().unwrap()),
        ..add("b")
    };
    shop.ok("boss", Ask::Add(urgent));
    assert_eq!(shop.entry("b").after, [id("a")].into(), "it still waits");
}

#[test]
fn a_line_has_an_end() {
    let mut shop = Shop::with("a");
    let place = crate::model::queue::Entry::place(&target(), &id("a"));
    let bytes = shop.world.book.places[&place].clone();
    let text = String::from_utf8(bytes).unwrap();
    for number in 1..ENTRIES_MAX {
        let name = format!("n{number}");
        let place = crate::model::queue::Entry::place(&target(), &id(&name));
        let text = text.replace(r#""id": "a""#, &format!(r#""id": "{name}""#));
        let text = text.replace(r#""id":"a""#, &format!(r#""id":"{name}""#));
        shop.world.book.places.insert(place, text.into_bytes());
    }
    assert_eq!(shop.refused("x", Ask::Add(add("x"))), "limit");
    shop.ok("a", drop_it("a"));
    shop.ok("x", Ask::Add(add("x")));
}

#[test]
fn a_failed_entry_comes_back_with_another_commit_or_another_judgement() {
    let mut shop = Shop::with("a b");
    shop.run("", true);
    shop.run("a", false);
    shop.run("a", false);
    shop.ok("runner", evict("a", ""));
    assert_eq!(shop.refused("a", retry("a", "a")), "wrong_state");
    assert_eq!(shop.refused("bob", retry("a", "a2")), "not_yours");
    let rerun = Ask::Retry(Retry {
        target: target(),
        id: id("a"),
        sealed: seal("a"),
        base: None,
        paths: Vec::new(),
        rerun: true,
        trees: Vec::new(),
    });
    assert_eq!(shop.ok("a", rerun).did, Did::Requeued);
    assert_eq!(
        shop.standing("a"),
        Standing::Unknown,
        "what was said is void"
    );
    assert_eq!(shop.order(), "b a");
    let entry = shop.entry("a");
    assert_eq!(
        (entry.retries, entry.red, entry.why.clone()),
        (1, None, None)
    );

    shop.run("a", false);
    shop.run("a", false);
    shop.ok("runner", evict("a", ""));
    shop.ok("a", retry("a", "a2"));
    assert_eq!(shop.entry("a").retries, 2);
}

#[test]
fn what_is_tried_again_and_what_is_not() {
    let mut shop = Shop::with("a b");
    assert_eq!(shop.ok("a", retry("a", "a")).did, Did::Found, "it waits");
    assert_eq!(shop.refused("a", retry("x", "x")), "not_found");
    shop.ok("a", drop_it("a"));
    assert_eq!(shop.ok("a", retry("a", "a")).did, Did::Requeued);
    shop.prove("b");
    shop.land("b");
    assert_eq!(shop.refused("b", retry("b", "b2")), "wrong_state");
}
