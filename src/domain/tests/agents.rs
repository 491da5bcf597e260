//! Sessions: their records, their end, what they leave, and who may end them.

use super::words::{Done, World, actor, key};
use crate::domain::agent::{Signs, checkpoint, get, life};
use crate::domain::task::find;
use crate::domain::{State, trust};
use crate::model::agent::{
    Ask, Doing, Kick, Life, Presence, Register, Restore, Save, SetTrust, Status, Told, Whereabouts,
};
use crate::model::id::Id;
use crate::model::lock::Mode;
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::{Request, Unlock, Which};
use crate::model::stamp::Evidence;
use crate::model::stored::Stored;
use crate::model::task::{Stage, Task};
use crate::model::time::Timestamp;

impl World {
    /// From now on it is said where sessions act.
    fn at_desk(mut self) -> Self {
        self.here = Some(Whereabouts {
            host: "desk".parse().ok(),
            branch: "main".parse().ok(),
            ..Whereabouts::default()
        });
        self
    }

    fn says(&mut self, by: &str, ask: Ask) -> Result<Done, Refusal> {
        self.by(by).ask(Request::Agent(ask)).done()
    }

    #[track_caller]
    fn told(&mut self, by: &str, ask: Ask) -> Told {
        match self.says(by, ask).unwrap().reply {
            Reply::Agent(told) => *told,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn denied(&mut self, by: &str, ask: Ask) -> &'static str {
        let before = self.book.clone();
        let refusal = self.says(by, ask).expect_err("it is not allowed");
        assert_eq!(self.book, before);
        refusal.code()
    }

    fn session(&self, name: &str) -> Option<Stored<Presence>> {
        get(&self.book, &actor(name)).unwrap()
    }

    fn kick(&mut self, by: &str, who: &str) -> Result<Done, Refusal> {
        self.says(by, kick(who))
    }

    /// A task that somebody has claimed and begun.
    fn claim(&mut self, by: &str, id: &str) {
        let add = serde_json::json!({ "add": { "tasks": [{ "id": id, "title": "work" }] } });
        for (by, ask) in [
            ("boss", add),
            (by, serde_json::json!({ "claim": { "id": id } })),
            (by, serde_json::json!({ "start": { "id": id } })),
        ] {
            let ask = serde_json::from_value(ask).unwrap();
            self.by(by).ask(Request::Task(ask)).done().unwrap();
        }
    }

    fn work(&self, id: &str) -> Task {
        let id: Id = id.parse().unwrap();
        find::get(&self.book, &id).unwrap().unwrap().body
    }
}

fn kick(who: &str) -> Ask {
    Ask::Kick(Kick {
        who: actor(who),
        reason: "it is gone".parse().unwrap(),
    })
}

fn restore(from: &str) -> Ask {
    Ask::Restore(Restore {
        from: actor(from),
        takeover: false,
    })
}

fn set_trust(agent: &str, level: u8) -> Ask {
    Ask::Trust(SetTrust {
        agent: agent.parse().unwrap(),
        level: level.try_into().unwrap(),
    })
}

fn save(notes: &str) -> Ask {
    Ask::Checkpoint(Save {
        notes: Some(notes.parse().unwrap()),
        ..Save::default()
    })
}

#[test]
fn how_a_session_stands() {
    let now: Timestamp = chrono::DateTime::from_timestamp(1_700_000_000, 0)
        .unwrap()
        .into();
    let (minute, hour) = (60_i64, 3600_i64);
    let cases = [
        // quiet for, says, dead, holds something live
        (0, Doing::Active, false, false, Life::Alive),
        (29 * minute, Doing::Busy, false, false, Life::Alive),
        (5 * minute, Doing::Idle, false, false, Life::Idle),
        (30 * minute, Doing::Busy, false, true, Life::Idle),
        (2 * hour, Doing::Active, false, false, Life::Stale),
        (24 * hour, Doing::Active, false, false, Life::Gone),
        (24 * hour, Doing::Active, false, true, Life::Stale),
        // Proof goes before everything.
        (0, Doing::Busy, true, true, Life::Gone),
        // Another clock is ahead.
        (-9 * hour, Doing::Active, false, false, Life::Alive),
    ];
    for (quiet, doing, is_dead, holds_live, stands) in cases {
        let seen = chrono::TimeDelta::seconds(quiet);
        let signs = Signs {
            seen: (now.utc() - seen).into(),
            doing,
            is_dead,
            holds_live,
        };
        assert_eq!(life(&signs, now), stands, "{signs:?}");
    }
}

#[test]
fn the_first_change_of_a_session_records_it_and_later_ones_seldom() {
    let mut world = World::new().at_desk();
    let done = world.by("alice").lock("a").ok();
    let written: Vec<String> = done.edits.keys().map(ToString::to_string).collect();
    assert_eq!(
        written,
        ["agents/alice/1.json", "format.json", "locks/path/a="]
    );
    let first = world.session("alice").unwrap();
    assert_eq!(
        first.place.branch.as_ref().map(|b| b.as_str()),
        Some("main")
    );
    world.pass("9m");
    assert_eq!(world.by("alice").lock("b").ok().edits.len(), 1);
    assert_eq!(world.session("alice").unwrap(), first);
    world.pass("1m");
    assert_eq!(world.by("alice").lock("c").ok().edits.len(), 2);
    let second = world.session("alice").unwrap();
    assert_eq!((second.since, second.head.at), (first.since, world.now));
    // What is no change is no sign either, and a fact for the log says nothing of its session.
    world.pass("1h");
    world.by("alice").unlock("nothing").refused("not_held");
    world.by("alice").note().ok();
    world.by("bob").note().ok();
    assert_eq!(world.session("alice").unwrap(), second);
    assert_eq!(world.session("bob"), None);
    // A session that has left is not brought back by leaving.
    world.says("alice", Ask::Unregister {}).unwrap();
    assert_eq!(world.session("alice"), None);
}

#[test]
fn without_a_word_of_where_nothing_is_recorded() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    assert_eq!(world.session("alice"), None);
}

#[test]
fn a_damaged_record_stops_nobody_and_stays() {
    let mut world = World::new().at_desk();
    world.is_honest = false;
    let place = Presence::place(&actor("alice"));
    world.book.places.insert(place.clone(), b"{".to_vec());
    world.by("alice").lock("a").ok();
    world.by("alice").unlock("a").ok();
    assert_eq!(world.book.places[&place], b"{");
    assert_eq!(world.denied("alice", Ask::Heartbeat {}), "damaged");
    world.by("alice").lock("a").ok();
    let left = world.told("alice", Ask::Unregister {});
    assert_eq!(left.released, [key("a")]);
    assert_eq!(world.book.places[&place], b"{");
}

#[test]
fn what_a_session_says_of_itself_stays_until_it_says_otherwise() {
    let mut world = World::new().at_desk();
    let register = Register {
        agent_type: "claude".parse().ok(),
        capabilities: ["review".parse().unwrap()].into(),
        ..Register::default()
    };
    world.told("alice", Ask::Register(register));
    let status = Status {
        doing: Some(Doing::Busy),
        plan: "first this".parse().ok(),
        unsure: vec!["that".parse().unwrap(), "that".parse().unwrap()],
        ..Status::default()
    };
    world.told("alice", Ask::Status(status));
    world.pass("1h").by("alice").lock("a").ok();
    let session = world.session("alice").unwrap().body;
    assert_eq!(session.place.agent_type, "claude".parse().ok());
    assert_eq!(session.place.host, "desk".parse().ok());
    assert_eq!((session.doing, session.unsure.len()), (Doing::Busy, 1));
    assert_eq!(session.capabilities.len(), 1);
    let clear = Status {
        clear: true,
        task: "t1".parse().ok(),
        ..Status::default()
    };
    let told = world.told("alice", Ask::Status(clear));
    let session = told.session.unwrap().body;
    assert_eq!((session.plan, session.unsure.len()), (None, 0));
    assert_eq!(
        (session.task, session.doing),
        ("t1".parse().ok(), Doing::Busy)
    );
    for n in 0..20 {
        let status = Status {
            unsure: vec![format!("doubt {n}").parse().unwrap()],
            ..Status::default()
        };
        world.told("alice", Ask::Status(status));
    }
    assert_eq!(world.session("alice").unwrap().unsure.len(), 16);
    let secret = Status {
        plan: "-----BEGIN RSA PRIVATE KEY-----".parse().ok(),
        ..Status::default()
    };
    assert_eq!(world.denied("alice", Ask::Status(secret)), "secret");
}

#[test]
fn sessions_of_one_agent_are_bounded() {
    let mut world = World::new().at_desk();
    for n in 0..70 {
        world
            .pass("1s")
            .by(&format!("alice/s{n}"))
            .lock("a")
            .done()
            .ok();
        world
            .by(&format!("alice/s{n}"))
            .unlock_all()
            .done()
            .unwrap();
    }
    let count = |world: &World| world.book.under("agents/alice").unwrap().len();
    assert_eq!(count(&world), 64);
    assert!(world.session("alice/s5").is_none() && world.session("alice/s6").is_some());
    world.pass("8d").by("alice/late").lock("a").ok();
    assert_eq!(count(&world), 1);
}

#[test]
fn leaving_gives_back_all_of_the_session_and_nothing_of_the_others() {
    let mut world = World::new().at_desk();
    world.by("alice").lock("a, db:schema:users").ok();
    world.by("alice/2").lock("b").ok();
    world.claim("alice", "t1");
    world.by("bob").lock("c").ok();
    world.by("alice").lock("c").wait("1h").waits(0);
    world.by("carol").lock("a").wait("1h").waits(0);
    world.by("dave").lock("c").wait("1h").waits(1);
    let told = world.told("alice", Ask::Unregister {});
    assert_eq!(
        told.released,
        [key("db:schema:users"), key("task:t1"), key("a")]
    );
    assert_eq!(told.next, [actor("carol")]);
    assert_eq!(world.held(), "alice/2 b, bob c");
    let waits: Vec<_> = world.waits().into_iter().map(|wait| wait.by).collect();
    assert_eq!(waits, [actor("carol"), actor("dave")]);
    assert!(world.session("alice").is_none() && world.session("alice/2").is_some());
    // No attempt is lost.
    let task = world.work("t1");
    assert_eq!(
        (task.stage, task.attempts, task.claimed),
        (Stage::Open, 0, None)
    );
    // Nobody is told what he did himself, and twice changes nothing.
    assert!(world.by("alice").note().ok().notices.is_empty());
    assert!(!world.says("alice", Ask::Unregister {}).unwrap().is_change);
}

#[test]
fn only_who_is_gone_is_ended_by_anybody() {
    let mut world = World::new().at_desk();
    world.by("alice").lock("a").ok();
    assert_eq!(world.denied("bob", kick("alice")), "not_allowed");
    assert_eq!(world.denied("bob", kick("nobody")), "not_found");
    // Its process is proven dead.
    world.watch.dead.insert(actor("alice"));
    let done = world.kick("bob", "alice").unwrap();
    let holder = actor("alice");
    assert_eq!(done.evidence, [Evidence::Ended { holder }]);
    assert_eq!(world.held(), "");
    assert!(world.session("alice").is_none());
    world.watch.dead.clear();
    let notice = &world.by("alice").note().ok().notices[0];
    assert_eq!(
        (notice.happened, &notice.keys[..]),
        (Happened::Kicked, &[key("a")][..])
    );
    assert_eq!(notice.reason.as_ref().unwrap().as_str(), "it is gone");
    // It is quiet for a day, and its lease has ended.
    world.by("alice").lock("a").ok();
    assert_eq!(world.denied("bob", kick("alice")), "not_allowed");
    world.pass("23h");
    assert_eq!(world.denied("bob", kick("alice")), "not_allowed");
    world.pass("2h");
    world.kick("bob", "alice").unwrap();
    // A day is not enough where no clock is trusted and a lease may run.
    world.by("alice").lock("a").ok();
    world.watch.skew_secs = None;
    world.pass("25h");
    assert_eq!(world.denied("bob", kick("alice")), "not_allowed");
    world.seen("a", "alice", "1h");
    world.kick("bob", "alice").unwrap();
}

#[test]
fn who_is_trusted_may_end_others_who_are_told() {
    let mut world = World::new().at_desk();
    world.by("alice").lock("a").ok();
    world.by("alice/2").lock("b").ok();
    world.claim("alice", "t1");
    world.told("boss", set_trust("boss", 3));
    world.kick("boss", "alice").unwrap();
    assert_eq!(world.held(), "alice/2 b");
    // That the claim ended like this counts as an attempt: the task is left as it is.
    assert_eq!(
        (world.work("t1").stage, world.work("t1").attempts),
        (Stage::Running, 1)
    );
    // One who holds nothing is told as well.
    world.by("carol").lock("c").ok();
    world.by("carol").unlock("c").ok();
    world.kick("boss", "carol").unwrap();
    let notice = &world.by("carol").note().ok().notices[0];
    assert_eq!((notice.happened, notice.keys.len()), (Happened::Kicked, 0));
}

#[test]
fn trust_is_given_by_those_who_have_it() {
    let mut world = World::new();
    let level = |world: &World, agent: &str| trust::of(&world.book, &agent.parse().unwrap());
    assert_eq!(level(&world, "alice"), Ok(trust::DEFAULT));
    // The first word is anybody's.
    world.told("alice", set_trust("alice", 3));
    assert_eq!(level(&world, "alice"), Ok(3));
    assert_eq!(world.denied("bob", set_trust("bob", 3)), "not_allowed");
    assert_eq!(world.denied("alice", set_trust("alice", 4)), "not_allowed");
    world.told("alice", set_trust("bob", 3));
    world.told("bob", set_trust("carol", 0));
    assert!(!world.says("bob", set_trust("carol", 0)).unwrap().is_change);
    world.told("bob", set_trust("alice", 1));
    assert_eq!(world.denied("alice", set_trust("carol", 2)), "not_allowed");
    let place = crate::model::agent::Trust::place(&"bob".parse().unwrap());
    world.book.places.insert(place, b"{".to_vec());
    assert!(level(&world, "bob").is_err());
    assert_eq!(world.denied("bob", set_trust("carol", 2)), "damaged");
}

#[test]
fn the_last_few_checkpoints_are_kept() {
    let mut world = World::new().at_desk();
    let said = Status {
        task: "t1".parse().ok(),
        files: vec![key("src/a.rs")],
        ..Status::default()
    };
    world.told("alice", Ask::Status(said));
    for n in 0..7 {
        world.told("alice", save(&format!("note {n}")));
    }
    let kept = |world: &World| {
        checkpoint::get(&world.book, &actor("alice"))
            .unwrap()
            .unwrap()
    };
    let points = kept(&world).body.points;
    let notes: Vec<&str> = points
        .iter()
        .map(|p| p.notes.as_ref().unwrap().as_str())
        .collect();
    assert_eq!(notes, ["note 2", "note 3", "note 4", "note 5", "note 6"]);
    // What is not said is what the session said of itself.
    let last = points.last().unwrap();
    assert_eq!(
        (&last.task, &last.files[..]),
        (&"t1".parse().ok(), &[key("src/a.rs")][..])
    );
    assert_eq!(last.branch, "main".parse().ok());
    // Long ones leave room for fewer, and never for none.
    for _ in 0..5 {
        world.told("alice", save(&"\u{1}".repeat(10_000)));
    }
    assert_eq!(kept(&world).points.len(), 1);
    assert_eq!(
        world.denied("alice", save("-----BEGIN PRIVATE KEY-----")),
        "secret"
    );
}

#[test]
fn whoever_goes_on_has_the_task_and_the_locks() {
    let mut world = World::new().at_desk();
    world
        .by("alice")
        .lock("a")
        .reason("rewriting")
        .work("topic", "t1")
        .ok();
    world.by("alice").lock("docs/").shared().ok();
    world.by("alice/2").lock("b").ok();
    world.claim("alice", "t1");
    let said = Save {
        task: "t1".parse().ok(),
        ..Save::default()
    };
    world.told("alice", Ask::Checkpoint(said));
    // Not while it is alive.
    assert_eq!(world.denied("bob", restore("alice")), "lock_held");
    assert_eq!(world.denied("alice/3", restore("alice")), "other_session");
    assert_eq!(world.denied("alice", restore("alice")), "wrong_state");
    assert_eq!(world.denied("bob", restore("nobody")), "not_found");
    world.watch.dead.insert(actor("alice"));
    let told = world.told("bob", restore("alice"));
    assert_eq!(told.task, "t1".parse().ok());
    assert_eq!(
        world.held(),
        "alice/2 b, bob a, bob docs/ shared, bob task:t1"
    );
    let hold = world.hold("a", "bob");
    assert_eq!(hold.reason, "rewriting".parse().ok());
    assert_eq!(hold.branch, "topic".parse().ok());
    assert_eq!(world.book.lock("docs/").unwrap().mode, Mode::Shared);
    let task = world.work("t1");
    assert_eq!((task.stage, task.attempts), (Stage::Running, 2));
    assert_eq!(task.claimed.unwrap().by, actor("bob"));
    assert!(world.session("alice").is_none());
    // Once; and should the one who went on die too, his own is there to go on from.
    assert_eq!(world.denied("carol", restore("alice")), "wrong_state");
    world.watch.dead.insert(actor("bob"));
    let told = world.told("carol", restore("bob"));
    assert_eq!(told.point.unwrap().from, Some(actor("alice")));
    assert_eq!(
        world.held(),
        "alice/2 b, carol a, carol docs/ shared, carol task:t1"
    );
    // The first one may begin anew.
    world.watch.dead.clear();
    let notice = &world.by("alice").note().ok().notices[0];
    assert_eq!(notice.happened, Happened::Died);
    world.told("alice", save("again"));
    world.watch.dead.insert(actor("alice"));
    world.told("carol", restore("alice"));
}

#[test]
fn who_holds_nothing_is_alive_until_he_is_quiet() {
    let mut world = World::new().at_desk();
    world.told("alice", Ask::Heartbeat {});
    world.told("alice", save("x"));
    assert_eq!(world.denied("bob", restore("alice")), "wrong_state");
    world.pass("31m");
    world.told("bob", restore("alice"));
    // Who has left in order is not there.
    world.told("alice", Ask::Heartbeat {});
    world.told("alice", save("y"));
    world.told("alice", Ask::Unregister {});
    world.told("bob", restore("alice"));
}

#[test]
fn another_session_of_the_agent_takes_over_when_it_says_so() {
    let mut world = World::new().at_desk();
    world.by("alice").lock("a").ok();
    world.by("alice").lock("s").shared().ok();
    world.told("alice", save("x"));
    let takeover = |from: &str| {
        Ask::Restore(Restore {
            from: actor(from),
            takeover: true,
        })
    };
    assert_eq!(world.denied("bob", takeover("alice")), "lock_held");
    world.told("alice/2", takeover("alice"));
    assert_eq!(world.held(), "alice/2 a, alice/2 s shared");
    let notice = &world.by("alice").note().ok().notices[0];
    assert_eq!(notice.happened, Happened::Takeover);
}

#[test]
fn what_others_wait_for_is_left_to_them() {
    let mut world = World::new().at_desk();
    world.by("alice").lock("a, b").ok();
    world.told("alice", save("x"));
    world.by("carol").lock("a").wait("1h").waits(0);
    world.watch.dead.insert(actor("alice"));
    let told = world.told("bob", restore("alice"));
    assert_eq!(told.left, [key("a")]);
    assert_eq!(world.held(), "alice a, bob b");
    world.by("carol").lock("a").ok();
    assert_eq!(world.held(), "bob b, carol a");
}

#[test]
fn one_lease_that_runs_keeps_everything() {
    let mut world = World::new().at_desk();
    world.by("alice").lock("a").ttl("1m").ok();
    world.by("alice").lock("b").ttl("8h").ok();
    world.told("alice", save("x"));
    world.pass("1h");
    assert_eq!(world.denied("bob", restore("alice")), "lock_held");
    assert_eq!(world.held(), "alice a, alice b");
    world
        .by("alice")
        .ask(Request::Unlock(Unlock {
            which: Which::Keys(vec![key("b")]),
        }))
        .ok();
    world.pass("1h");
    world.told("bob", restore("alice"));
    assert_eq!(world.held(), "bob a");
}
