//! What registering keeps, replaces and refuses.

use crate::domain::tests::words::{World, actor, keys};
use crate::model::feature::{Did, Register, Status};
use crate::model::limits::{FEATURES_MAX, LIST_MAX, METADATA_MAX};
use crate::model::refusal::Refusal;

use super::asking::{finish, id, register, update};

fn full(name: &str) -> Register {
    Register {
        title: Some("Sign in".parse().unwrap()),
        branch: Some("feat/login".parse().unwrap()),
        priority: Some(1.try_into().unwrap()),
        metadata: [("team".parse().unwrap(), "web".parse().unwrap())].into(),
        ..register(name, "src/a.rs, src/b.rs")
    }
}

#[test]
fn registering_again_replaces_the_claims_keeps_the_rest_and_merges_metadata() {
    let mut world = World::new();
    let told = world.feature("alice", full("login")).unwrap();
    assert_eq!(told.did, Did::Registered);
    let first = told.feature;
    assert_eq!(first.owner, actor("alice"));
    let again = Register {
        metadata: [("size".parse().unwrap(), "small".parse().unwrap())].into(),
        ..register("login", "src/c.rs, src/c.rs")
    };
    // Another session of the same agent may go on with it.
    let told = world.feature("alice/2", again.clone()).unwrap();
    assert_eq!(told.did, Did::Updated);
    let feature = told.feature.body;
    assert_eq!(
        feature.claims.iter().cloned().collect::<Vec<_>>(),
        keys("src/c.rs")
    );
    assert_eq!(
        (&feature.title, &feature.branch, feature.priority),
        (&first.title, &first.branch, first.priority)
    );
    assert_eq!(feature.metadata.len(), 2);
    assert_eq!(feature.owner, actor("alice"));
    assert_eq!(feature.since, first.since);
    let told = world.feature("alice", again).unwrap();
    assert_eq!(told.did, Did::Unchanged);
    assert!(told.overlaps.is_some());
    let off = Register {
        remove_metadata: ["team".parse().unwrap()].into(),
        ..register("login", "")
    };
    let feature = world.feature("alice", off).unwrap().feature;
    assert!(feature.claims.is_empty() && feature.metadata.len() == 1);
}

#[test]
fn an_update_changes_what_it_names() {
    let mut world = World::new();
    world.feature("alice", full("login")).unwrap();
    world.features(&["bob base"]);
    let ask = update("login", |update| {
        update.add_claims = keys("src/c.rs");
        update.remove_claims = keys("src/a.rs");
        update.add_depends_on = [id("base")].into();
    });
    let feature = world.feature("alice", ask).unwrap().feature;
    let claims: Vec<_> = feature.claims.iter().cloned().collect();
    assert_eq!(claims, keys("src/b.rs, src/c.rs"));
    assert_eq!(feature.title, full("login").title);
    let stale = update("login", |update| update.rev = Some(feature.head.rev - 1));
    assert!(matches!(
        world.feature("alice", stale),
        Err(Refusal::Changed { now, .. }) if now == feature.head.rev
    ));
    let ask = update("login", |update| {
        update.remove_depends_on = [id("base")].into();
    });
    let feature = world.feature("alice", ask).unwrap().feature;
    assert!(feature.depends_on.is_empty());
    assert!(matches!(
        world.feature("alice", update("nothing", |_| {})),
        Err(Refusal::NotFound { .. })
    ));
}

#[test]
fn a_finished_feature_refuses_everything() {
    for status in [Status::Landed, Status::Cancelled] {
        let mut world = World::new();
        world.features(&["alice login src/a.rs"]);
        world.feature("alice", finish("login", status)).unwrap();
        let before = world.book.clone();
        for ask in [
            register("login", "src/b.rs").into(),
            update("login", |update| update.title = Some("x".parse().unwrap())),
            finish("login", Status::Landed).into(),
            finish("login", Status::Cancelled).into(),
        ] {
            let Err(Refusal::WrongState { is, .. }) = world.feature("alice", ask) else {
                panic!("it was changed");
            };
            assert_eq!(is, status.as_str());
        }
        assert_eq!(world.book, before);
    }
}

#[test]
fn a_feature_of_another_agent_is_taken_over_or_left_alone() {
    let mut world = World::new();
    world.features(&["alice login src/a.rs"]);
    for ask in [
        register("login", "src/b.rs").into(),
        update("login", |_| {}),
        finish("login", Status::Cancelled).into(),
    ] {
        let refused = world.feature("bob", ask).unwrap_err();
        assert!(
            matches!(&refused, Refusal::NotYours { owner, .. } if *owner == actor("alice")),
            "{refused}"
        );
    }
    let taken = Register {
        takeover: true,
        ..register("login", "src/b.rs")
    };
    let feature = world.feature("bob", taken).unwrap().feature;
    assert_eq!(feature.owner, actor("bob"));
    assert!(world.feature("alice", update("login", |_| {})).is_err());
}

#[test]
fn dependencies_have_to_be_there_and_make_no_circle() {
    let after = |name: &str, on: &str| Register {
        depends_on: on.split(' ').map(id).collect(),
        ..register(name, "")
    };
    let mut world = World::new();
    assert!(matches!(
        world.feature("alice", after("a", "nothing")),
        Err(Refusal::NotFound { .. })
    ));
    let own = world.feature("alice", after("a", "a")).unwrap_err();
    assert!(matches!(own, Refusal::Cycle { ids } if ids == [id("a"), id("a")]));
    world.features(&["alice a"]);
    world.feature("alice", after("b", "a")).unwrap();
    world.feature("alice", after("c", "b")).unwrap();
    let Err(Refusal::Cycle { ids }) = world.feature("alice", after("a", "c")) else {
        panic!("a circle");
    };
    assert_eq!(ids, ["a", "c", "b", "a"].map(id));
    // What has landed waits for nothing.
    world.feature("alice", finish("c", Status::Landed)).unwrap();
    world.feature("alice", after("a", "c")).unwrap();
    world
        .feature("alice", finish("b", Status::Cancelled))
        .unwrap();
    assert!(matches!(
        world.feature("alice", after("d", "b")),
        Err(Refusal::WrongState { .. })
    ));
}

#[test]
fn what_can_grow_is_bounded_and_texts_are_looked_through() {
    let mut world = World::new();
    let many = |count: usize| {
        let claims: Vec<String> = (0..count).map(|n| format!("src/{n}.rs")).collect();
        register("a", &claims.join(", "))
    };
    world.feature("alice", many(LIST_MAX)).unwrap();
    let limit = |refused: Result<_, Refusal>| matches!(refused, Err(Refusal::Limit { .. }));
    assert!(limit(world.feature("alice", many(LIST_MAX + 1))));
    let meta = Register {
        metadata: (0..=METADATA_MAX)
            .map(|n| (format!("n{n}").parse().unwrap(), "x".parse().unwrap()))
            .collect(),
        ..register("a", "")
    };
    assert!(limit(world.feature("alice", meta)));
    let secret = Register {
        metadata: [(
            "token".parse().unwrap(),
            ["ghp_", &"a1B2".repeat(9)].concat().parse().unwrap(),
        )]
        .into(),
        ..register("a", "")
    };
    assert!(matches!(
        world.feature("alice", secret),
        Err(Refusal::Secret { .. })
    ));
    assert!(matches!(
        world.feature("alice", register("a", "task:t1")),
        Err(Refusal::NotAllowed { .. })
    ));
    world.is_honest = false;
    for n in 1..FEATURES_MAX {
        let record = crate::model::stored::Stored {
            head: world.known("a").head,
            body: crate::model::feature::Feature {
                id: id(&format!("f{n}")),
                claims: Default::default(),
                ..world.known("a").body
            },
        };
        let place = crate::model::feature::Feature::place(&record.id);
        let bytes = serde_json::to_vec(&record).unwrap();
        world.book.places.insert(place, bytes);
    }
    assert!(limit(world.feature("alice", register("one-more", ""))));
    world.feature("alice", finish("a", Status::Landed)).unwrap();
    world.feature("alice", register("one-more", "")).unwrap();
}
