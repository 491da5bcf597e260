//! Requests that came on a branch: each decided once, as the one who asked.

use super::words::{Done, World, actor, keys, plain_lock};
use crate::domain::relay::{answer, turned_down};
use crate::model::forge::{Login, Permission};
use crate::model::gc::{Gc, Keep};
use crate::model::id::OpId;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::relay::{
    ANSWERS, Ask, Asked, Did, FromCommit, FromPage, HORIZON_SECS, Outcome, Relayed, SPEAKERS,
    Source, TURNED_DOWN, TURNED_DOWN_MAX, Told, TurnedDown,
};
use crate::model::reply::Reply;
use crate::model::request::{Compact, Request, Steal, Unlock, Which};

fn id(number: u128) -> OpId {
    OpId::new(ulid::Ulid((7 << 100) + number))
}

fn commit(number: u128) -> ObjectId {
    format!("{number:040x}").parse().unwrap()
}

fn lock(text: &str) -> Request {
    Request::Lock(plain_lock(keys(text)))
}

impl World {
    /// A request of a person, as it was just found on a page.
    fn on_page(
        &self,
        number: u128,
        login: &str,
        permission: Permission,
        request: Request,
    ) -> Relayed {
        let login: Login = login.parse().unwrap();
        let mut relayed = self.found(number, login.agent().as_str(), request);
        relayed.from = Source::Page(FromPage {
            page: "octo/demo#1".parse().unwrap(),
            event: format!("IC_{number}").parse().unwrap(),
            said: "/coord lock".parse().unwrap(),
            login,
            permission,
            unmet: None,
        });
        relayed
    }

    /// A request of an agent, as it was just found on its branch.
    fn found(&self, number: u128, by: &str, request: Request) -> Relayed {
        Relayed {
            asked: Asked {
                v: 1,
                id: id(number),
                at: self.now,
                by: actor(by),
                base: None,
                request,
                also: Vec::new(),
                here: None,
            },
            from: Source::Commit(FromCommit {
                branch: "claude/x".parse().unwrap(),
                commit: commit(number),
                committer: "claude@example.org".parse().unwrap(),
                key: None,
            }),
            relay: actor("relay"),
        }
    }

    fn relay(&mut self, relayed: &Relayed) -> Result<Done, Refusal> {
        let by = relayed.asked.by.clone();
        let also = relayed.asked.also.clone();
        let request = Request::Relay(Ask::Apply(Box::new(relayed.clone())));
        self.run(&by, &request, &also)
    }

    /// What came of a request that was just found: `granted`, or the code of the refusal.
    fn relayed(&mut self, number: u128, by: &str, request: Request) -> String {
        let relayed = self.found(number, by, request);
        let told = told(self.relay(&relayed).unwrap().reply);
        assert_eq!((told.did, told.id), (Did::Answered, Some(id(number))));
        let found = answer(&self.book, &relayed.asked.by.agent, id(number)).unwrap();
        let found = found.unwrap();
        assert_eq!(Some(&found.result), told.result.as_ref());
        assert_eq!(
            (found.head.by.clone(), found.head.op),
            (actor(by), id(number))
        );
        shown(&found.body.result)
    }

    fn count_under(&self, dir: &str) -> usize {
        crate::domain::State::under(&self.book, dir).unwrap().len()
    }
}

fn from(relayed: &mut Relayed) -> &mut FromCommit {
    match &mut relayed.from {
        Source::Commit(from) => from,
        Source::Page(from) => panic!("{from:?}"),
    }
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Granted { .. } => "granted".into(),
        Outcome::Refused { refusal } => refusal.code().into(),
        Outcome::Cancelled {} => "cancelled".into(),
    }
}

fn told(reply: Reply) -> Told {
    match reply {
        Reply::Relay(told) => *told,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_decided_as_the_one_who_asked_and_its_answer_stands_in_the_same_state() {
    let mut world = World::new();
    assert_eq!(world.relayed(1, "claude", lock("src/a.rs")), "granted");
    assert_eq!(world.held(), "claude src/a.rs");
    assert_eq!(world.book.rev, 1);
    world.by("bob").lock("src/a.rs").refused("lock_held");
    world.by("bob").lock("src/b.rs").done().unwrap();
    assert_eq!(world.relayed(2, "claude", lock("src/b.rs")), "lock_held");
    assert_eq!(world.held(), "bob src/b.rs, claude src/a.rs");
    let all = Request::Unlock(Unlock { which: Which::All });
    assert_eq!(world.relayed(3, "claude", all.clone()), "granted");
    // Nothing is left to give back, and that is an answer.
    assert_eq!(world.relayed(4, "claude", all), "granted");
    assert_eq!(world.held(), "bob src/b.rs");
}

#[test]
fn an_answer_is_given_once_and_given_again_unchanged() {
    let mut world = World::new();
    let relayed = world.found(1, "claude", lock("src/a.rs"));
    assert!(world.relay(&relayed).unwrap().is_change);
    world.by("claude").unlock("src/a.rs").done().unwrap();
    world.by("bob").lock("src/a.rs").done().unwrap();
    let before = world.book.clone();
    // The same commit, a copy of it that a rebase made, and one with the id of another request.
    let mut copy = relayed.clone();
    from(&mut copy).commit = commit(99);
    let mut other = copy.clone();
    other.asked.request = lock("src/c.rs");
    for again in [&relayed, &copy, &other] {
        let done = world.relay(again).unwrap();
        let answer = told(done.reply).result.unwrap();
        assert_eq!(
            (shown(&answer).as_str(), done.is_change),
            ("granted", false)
        );
        assert_eq!(world.book, before);
    }
    // A refusal is an answer too: it does not turn into a grant later.
    assert_eq!(world.relayed(2, "claude", lock("src/a.rs")), "lock_held");
    world.by("bob").unlock("src/a.rs").done().unwrap();
    let late = world.found(2, "claude", lock("src/a.rs"));
    let answer = told(world.relay(&late).unwrap().reply).result.unwrap();
    assert_eq!(
        (shown(&answer).as_str(), world.held().as_str()),
        ("lock_held", "")
    );
}

#[test]
fn nobody_uses_up_the_id_of_somebody_elses_request() {
    let mut world = World::new();
    assert_eq!(world.relayed(1, "mallory", lock("src/a.rs")), "granted");
    assert_eq!(world.relayed(1, "claude", lock("src/b.rs")), "granted");
    let forged = Request::Relay(Ask::Apply(Box::new(world.found(2, "alice", lock("x")))));
    let refusal = world.run(&actor("mallory"), &forged, &[]).unwrap_err();
    assert_eq!(refusal.code(), "not_allowed");
}

#[test]
fn the_first_who_speaks_for_an_agent_is_its_speaker() {
    let mut world = World::new();
    let with = |world: &World, number, committer: &str, key: Option<&str>| {
        let mut relayed = world.found(number, "claude", lock(&format!("src/{number}")));
        from(&mut relayed).committer = committer.parse().unwrap();
        from(&mut relayed).key = key.map(|key| key.parse().unwrap());
        relayed
    };
    // (committer, key, whether it may speak)
    for (number, (committer, key, may)) in [
        ("a@x", None, true),
        ("a@x", None, true),
        ("b@x", None, false),
        // A signature is more than there was, and the address is still what was pinned.
        ("a@x", Some("SHA256:1"), true),
        ("b@x", Some("SHA256:1"), false),
    ]
    .into_iter()
    .enumerate()
    {
        let relayed = with(&world, 100 + number as u128, committer, key);
        let before = world.book.clone();
        let done = world.relay(&relayed);
        assert_eq!(done.is_ok(), may, "{committer} {key:?}");
        if let Err(refusal) = done {
            assert_eq!((refusal.code(), &world.book), ("not_allowed", &before));
        }
    }
    let unpin = Request::Relay(Ask::Unpin {
        agent: "claude".parse().unwrap(),
    });
    assert!(world.run(&actor("alice"), &unpin, &[]).unwrap().is_change);
    assert!(!world.run(&actor("alice"), &unpin, &[]).unwrap().is_change);
    for (number, (committer, key, may)) in [
        ("b@x", Some("SHA256:1"), true),
        ("c@x", Some("SHA256:1"), true),
        ("b@x", None, false),
        ("b@x", Some("SHA256:2"), false),
    ]
    .into_iter()
    .enumerate()
    {
        let relayed = with(&world, 200 + number as u128, committer, key);
        assert_eq!(world.relay(&relayed).is_ok(), may, "{committer} {key:?}");
    }
}

#[test]
fn what_is_too_old_or_from_the_future_is_not_decided() {
    let mut world = World::new();
    let day = 24 * 60 * 60;
    for (at, is) in [
        (i64::try_from(HORIZON_SECS).unwrap(), true),
        (i64::try_from(HORIZON_SECS).unwrap() + 1, false),
        (-60 * 60, true),
        (-60 * 60 - 1, false),
        (30 * day, false),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (before, is))| ((n, before), is))
    {
        let (number, before) = at;
        let mut relayed = world.found(number as u128, "claude", lock(&format!("src/{number}")));
        let now = chrono::DateTime::from_timestamp(1_700_000_000 - before, 0).unwrap();
        relayed.asked.at = now.into();
        assert_eq!(world.relay(&relayed).is_ok(), is, "{before}");
    }
}

#[test]
fn answers_outlive_their_requests() {
    let mut world = World::new();
    let relayed = world.found(1, "claude", lock("src/a.rs"));
    world.relay(&relayed).unwrap();
    let keep = Keep {
        tasks_secs: 0,
        messages_secs: 0,
        sessions_secs: 0,
        handoffs_secs: 0,
        answers_secs: 0,
    };
    let collect = Request::Gc(Gc { keep, fan: None });
    for _ in 0..8 {
        // As long as it is decided at all, its answer is there.
        let _ = world.run(&actor("alice"), &collect, &[]).unwrap();
        assert!(matches!(
            world.relay(&relayed).map(|done| done.is_change),
            Ok(false)
        ));
        world.pass("1d");
    }
    world.pass("2d");
    world
        .relay(&relayed)
        .map(|done| assert!(!done.is_change))
        .unwrap();
    let _ = world.run(&actor("alice"), &collect, &[]).unwrap();
    assert_eq!(world.count_under(ANSWERS), 0);
    assert_eq!(world.relay(&relayed).unwrap_err().code(), "not_allowed");
}

#[test]
fn what_is_for_those_with_rights_is_refused_and_answered() {
    let mut world = World::new();
    let nested = Request::Relay(Ask::Apply(Box::new(world.found(9, "claude", lock("x")))));
    let unpin = Request::Relay(Ask::Unpin {
        agent: "bob".parse().unwrap(),
    });
    let compact = Request::Compact(Compact { closes: None });
    for (number, request) in [compact, nested, unpin].into_iter().enumerate() {
        let answer = world.relayed(number as u128, "claude", request);
        assert_eq!(answer, "not_allowed");
    }
    assert_eq!(world.held(), "");
}

#[test]
fn what_was_taken_back_is_not_decided_and_what_was_decided_is_not_taken_back() {
    let mut world = World::new();
    let cancel = |number| Request::Relay(Ask::Cancel { id: id(number) });
    assert_eq!(world.relayed(2, "claude", cancel(1)), "granted");
    let late = world.found(1, "claude", lock("src/a.rs"));
    let answer = told(world.relay(&late).unwrap().reply).result.unwrap();
    assert_eq!(
        (shown(&answer).as_str(), world.held().as_str()),
        ("cancelled", "")
    );
    assert_eq!(world.relayed(3, "claude", lock("src/a.rs")), "granted");
    assert_eq!(world.relayed(4, "claude", cancel(3)), "wrong_state");
    // Somebody else's request is not one's own to take back.
    assert_eq!(world.relayed(5, "bob", cancel(6)), "granted");
    assert_eq!(world.relayed(6, "claude", lock("src/b.rs")), "granted");
}

#[test]
fn a_commit_is_turned_down_for_good_unless_it_was_answered() {
    let mut world = World::new();
    let down = |number: u128| {
        Request::Relay(Ask::TurnDown(TurnedDown {
            commit: commit(number),
            branch: "claude/x".parse().unwrap(),
            agent: Some("claude".parse().unwrap()),
            id: Some(id(number)),
            why: "it is not signed".parse().unwrap(),
        }))
    };
    assert!(world.run(&actor("relay"), &down(1), &[]).unwrap().is_change);
    assert!(!world.run(&actor("relay"), &down(1), &[]).unwrap().is_change);
    let late = world.found(1, "claude", lock("src/a.rs"));
    assert_eq!(world.relay(&late).unwrap_err().code(), "not_allowed");
    assert_eq!(world.relayed(2, "claude", lock("src/a.rs")), "granted");
    let done = world.run(&actor("relay"), &down(2), &[]).unwrap();
    assert_eq!(
        (done.is_change, told(done.reply).result.is_some()),
        (false, true)
    );
    for number in 10..10 + TURNED_DOWN_MAX as u128 {
        let _ = world.run(&actor("relay"), &down(number), &[]).unwrap();
    }
    assert_eq!(world.count_under(TURNED_DOWN), TURNED_DOWN_MAX);
    assert!(turned_down(&world.book, &commit(1)).unwrap().is_none());
}

#[test]
fn the_answer_brings_the_notices_that_it_takes() {
    let mut world = World::new();
    assert_eq!(world.relayed(1, "claude", lock("src/a.rs")), "granted");
    let rev = world.hold("src/a.rs", "claude").rev;
    world.by("bob").steal("src/a.rs", rev).done().unwrap();
    assert_eq!(world.relayed(2, "claude", lock("src/b.rs")), "granted");
    let agent = actor("claude").agent;
    let found = answer(&world.book, &agent, id(2)).unwrap().unwrap();
    assert_eq!(found.notices.len(), 1);
}

#[test]
fn own_locks_are_renewed_along_when_the_request_changes_something() {
    let mut world = World::new();
    assert_eq!(world.relayed(1, "claude", lock("src/a.rs")), "granted");
    world.pass("20m");
    let mut next = world.found(2, "claude", lock("src/b.rs"));
    next.asked.also = keys("src/a.rs");
    world.relay(&next).unwrap();
    assert_eq!(world.hold("src/a.rs", "claude").renewed, world.now);
}

#[test]
fn a_secret_never_gets_into_the_log() {
    let mut world = World::new();
    let mut wanted = plain_lock(keys("src/a.rs"));
    wanted.reason = Some(
        "with ghp_0123456789abcdefABCDEF0123456789abcd"
            .parse()
            .unwrap(),
    );
    world.by("bob").lock("src/a.rs").done().unwrap();
    let relayed = world.found(1, "claude", Request::Lock(wanted));
    let before = world.book.clone();
    assert_eq!(world.relay(&relayed).unwrap_err().code(), "not_allowed");
    assert_eq!(world.book, before);
}

#[test]
fn the_speaker_of_an_agent_that_is_gone_is_forgotten() {
    let mut world = World::new();
    assert_eq!(world.relayed(1, "claude", lock("src/a.rs")), "granted");
    assert_eq!(
        world.relayed(2, "claude", Request::Unlock(Unlock { which: Which::All })),
        "granted"
    );
    let keep = Keep {
        tasks_secs: 0,
        messages_secs: 0,
        sessions_secs: 0,
        handoffs_secs: 0,
        answers_secs: 0,
    };
    let collect = Request::Gc(Gc { keep, fan: None });
    world.pass("9d");
    let _ = world.run(&actor("alice"), &collect, &[]).unwrap();
    assert_eq!(
        (world.count_under(SPEAKERS), world.count_under(ANSWERS)),
        (1, 0)
    );
    let _ = world.run(&actor("alice"), &collect, &[]).unwrap();
    assert_eq!(world.count_under(SPEAKERS), 0);
}

#[test]
fn what_a_person_does_on_a_page_is_decided_as_that_person_once() {
    let mut world = World::new();
    let relayed = world.on_page(1, "Alice", Permission::Write, lock("src/a.rs"));
    assert!(world.relay(&relayed).unwrap().is_change);
    assert_eq!(world.held(), "gh-alice src/a.rs");
    // Nobody has to be the first who speaks for a person.
    assert_eq!(world.count_under(SPEAKERS), 0);
    let agent = relayed.asked.by.agent.clone();
    let found = answer(&world.book, &agent, id(1)).unwrap().unwrap();
    let said = |text: &Option<crate::model::text::Text>| text.clone().unwrap().as_str().to_owned();
    assert_eq!(
        (said(&found.page), said(&found.event), &found.branch),
        ("octo/demo#1".into(), "IC_1".into(), &None)
    );
    world.by("gh-alice").unlock("src/a.rs").done().unwrap();
    let before = world.book.clone();
    // Whatever the host says of that person by now.
    for permission in [Permission::Write, Permission::None, Permission::Admin] {
        let again = world.on_page(1, "alice", permission, lock("src/b.rs"));
        let done = world.relay(&again).unwrap();
        let outcome = told(done.reply).result.unwrap();
        assert_eq!(
            (shown(&outcome).as_str(), done.is_change),
            ("granted", false)
        );
        assert_eq!(world.book, before);
    }
}

#[test]
fn a_person_may_ask_for_what_the_host_would_let_that_person_do() {
    use Permission::{Admin, Maintain, None, Read, Triage, Write};
    let edit = |title: Option<&str>| {
        let mut edit = serde_json::json!({ "task": { "edit": { "id": "t1", "priority": 1 } } });
        if let Some(title) = title {
            edit["task"]["edit"]["title"] = title.into();
        }
        serde_json::from_value::<Request>(edit).unwrap()
    };
    let steal = Request::Steal(Steal {
        key: keys("src/a.rs").remove(0),
        rev: 1,
        reason: "it is gone".parse().unwrap(),
        ttl_secs: Option::None,
        host: Option::None,
    });
    let stop = serde_json::json!({ "queue": { "pause": { "target": "main", "why": "fire" } } });
    let stop: Request = serde_json::from_value(stop).unwrap();
    let retry = serde_json::json!({ "task": { "retry": { "id": "t1" } } });
    let retry: Request = serde_json::from_value(retry).unwrap();
    for (request, least) in [
        (lock("feature:auth:pause"), Some(Triage)),
        (lock("feature:*"), Some(Write)),
        (lock("src/a.rs"), Some(Write)),
        (edit(Option::None), Some(Triage)),
        (edit(Some("x")), Some(Write)),
        (retry, Some(Write)),
        (add("gh-12", &[]), Some(Triage)),
        (add("x", &["gh-12"]), Some(Write)),
        (steal, Some(Maintain)),
        (stop, Some(Maintain)),
        (
            Request::Compact(Compact {
                closes: Option::None,
            }),
            Option::None,
        ),
    ] {
        for permission in [None, Read, Triage, Write, Maintain, Admin] {
            let may = crate::domain::relay::rights::check(permission, &request).is_ok();
            let should = least.is_some_and(|least| permission >= least);
            assert_eq!(may, should, "{permission:?} {}", request.in_short());
        }
    }
    // Who may not gets an answer, which stays one, and so does whoever asks for what is not there.
    let mut world = World::new();
    let asked = world.on_page(1, "eve", Triage, lock("src/a.rs"));
    let outcome = told(world.relay(&asked).unwrap().reply).result.unwrap();
    assert_eq!(
        (shown(&outcome).as_str(), world.held().as_str()),
        ("not_allowed", "")
    );
    let mut unmet = world.on_page(2, "ada", Admin, lock("src/a.rs"));
    if let Source::Page(from) = &mut unmet.from {
        from.unmet = Some("there is no such thing".parse().unwrap());
    }
    let outcome = told(world.relay(&unmet).unwrap().reply).result.unwrap();
    assert_eq!(
        (shown(&outcome).as_str(), world.held().as_str()),
        ("not_allowed", "")
    );
}

/// A task with a name and labels.
fn add(id: &str, labels: &[&str]) -> Request {
    let new = serde_json::json!({ "id": id, "title": "t", "labels": labels });
    let add = serde_json::json!({ "task": { "add": { "tasks": [new] } } });
    serde_json::from_value(add).unwrap()
}

#[test]
fn no_step_of_a_deed_is_decided_when_the_deed_has_its_answer() {
    let mut world = World::new();
    let last = world.on_page(1, "may", Permission::Maintain, lock("src/a.rs"));
    let answered = told(world.relay(&last).unwrap().reply).result.unwrap();
    // Looked up anew, with a state in which something else has to come first.
    let step = 1 << 64 | 1;
    let first = world.on_page(step, "may", Permission::Maintain, lock("src/b.rs"));
    let again = told(world.relay(&first).unwrap().reply).result.unwrap();
    assert_eq!(shown(&again), shown(&answered));
    assert!(!world.held().contains("src/b.rs"), "{}", world.held());
    assert_eq!(world.count_under(ANSWERS), 1);
}

#[test]
fn no_branch_names_the_task_that_an_issue_is() {
    let mut world = World::new();
    for (number, request) in [(1, add("gh-12", &[])), (2, add("x", &["gh-12"]))] {
        let found = world.found(number, "claude", request);
        let outcome = told(world.relay(&found).unwrap().reply).result.unwrap();
        assert_eq!(shown(&outcome), "not_allowed");
    }
    let found = world.found(3, "claude", add("x", &["gh-x"]));
    let outcome = told(world.relay(&found).unwrap().reply).result.unwrap();
    assert_ne!(shown(&outcome), "not_allowed");
}

#[test]
fn nobody_asks_as_a_person_but_that_person() {
    let mut world = World::new();
    let by_branch = world.found(1, "gh-alice", lock("src/a.rs"));
    assert_eq!(world.relay(&by_branch).unwrap_err().code(), "not_allowed");
    let mut as_another = world.on_page(2, "mallory", Permission::Admin, lock("src/a.rs"));
    as_another.asked.by = actor("gh-alice");
    assert_eq!(world.relay(&as_another).unwrap_err().code(), "not_allowed");
    as_another.asked.by = actor("claude");
    assert_eq!(world.relay(&as_another).unwrap_err().code(), "not_allowed");
    assert_eq!(
        (world.held(), world.count_under(ANSWERS)),
        (String::new(), 0)
    );
}

#[test]
fn a_request_says_by_its_form_where_it_was_found() {
    let world = World::new();
    let commit = world.found(1, "claude", lock("src/a.rs")).from;
    let page = world.on_page(1, "alice", Permission::Write, lock("x")).from;
    for (source, form) in [
        (
            commit,
            r#"{"branch":"claude/x","commit":"0000000000000000000000000000000000000001","committer":"claude@example.org"}"#,
        ),
        (
            page,
            r#"{"page":"octo/demo#1","event":"IC_1","said":"/coord lock","login":"alice","permission":"write"}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&source).unwrap(), form);
        assert_eq!(serde_json::from_str::<Source>(form).unwrap(), source);
    }
}
