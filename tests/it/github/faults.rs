//! Whatever goes wrong: after it has healed, one more round makes the page right, and a further one
//! changes nothing.

use crate::support::Agent;
use crate::support::wait::until;

use super::outward::{idle, sync};
use super::stand_in::Call;
use super::stand_in::fault::{Cut, Fault};
use super::stand_in::hosted::{APP_TOKEN, BOT, Hosted};
use super::world::World;

/// The methods of calls that change something.
const METHODS: [&str; 3] = ["POST", "PATCH", "DELETE"];

/// Two threads with something to say, and a third one that is to be cleared.
struct Busy {
    world: World,
    alice: Agent,
    /// That of Alice, that of Bob, and the third one.
    numbers: [u64; 3],
    /// The page as it is before the round.
    before: Hosted,
}

impl Busy {
    fn new() -> Self {
        let world = World::new();
        let alice = world.on_branch("alice", "feat/cart");
        let bob = world.on_branch("bob", "feat/till");
        let carl = world.on_branch("carl", "feat/old");
        let numbers = [
            world.pull(&alice, "feat/cart"),
            world.pull(&bob, "feat/till"),
            world.pull(&carl, "feat/old"),
        ];
        carl.coord(["lock", "docs/"]).ok();
        sync(&world.bot);
        carl.coord(["unlock", "--all"]).ok();
        alice.coord(["lock", "src/a.rs"]).ok();
        alice.coord(["queue", "add"]).ok();
        bob.coord(["lock", "src/b.rs"]).ok();
        let before = world.page.hosted().clone();
        Self {
            world,
            alice,
            numbers,
            before,
        }
    }

    /// All is as it was before the round, and nothing is remembered of it.
    fn again(&self) {
        self.world.page.heal();
        *self.world.page.hosted() = self.before.clone();
        let memory = self.world.bot.path().join(".git/coord/github");
        std::fs::remove_dir_all(memory).unwrap();
    }

    /// After one more round the page is right, and a further one changes nothing.
    #[track_caller]
    fn heals(&self) {
        self.world.page.heal();
        sync(&self.world.bot);
        self.is_right();
        idle(&self.world);
    }

    /// Which calls change the page when nothing goes wrong.
    fn writes(&self) -> Vec<Call> {
        drop(self.world.page.calls());
        sync(&self.world.bot);
        self.is_right();
        let writes = self.world.page.writes();
        assert!(writes.len() >= 8, "{writes:?}");
        self.again();
        writes
    }

    /// The page as it has to be in the end.
    #[track_caller]
    fn is_right(&self) {
        let [cart, till, old] = self.numbers;
        let page = self.world.page.hosted();
        assert_eq!(
            page.labels_of(cart),
            ["coord:lock:src/a.rs", "coord:queue:queued"]
        );
        assert_eq!(page.labels_of(till), ["coord:lock:src/b.rs"]);
        assert!(page.labels_of(old).is_empty());
        for (number, has) in [
            (cart, "`src/a.rs`"),
            (till, "`src/b.rs`"),
            (old, "Nothing is held"),
        ] {
            let comments = page.comments_of(number, BOT);
            assert_eq!(comments.len(), 1, "#{number}: {comments:?}");
            assert!(comments[0].contains(has), "#{number}: {comments:?}");
        }
        let sha = self.alice.ask_git(["rev-parse", "HEAD"]);
        assert_eq!(page.statuses[&sha].len(), 1, "{:?}", page.statuses);
        for label in &page.labels {
            assert!(!label.description.is_empty(), "{label:?}");
        }
        assert!(page.label("coord:lock:docs/").is_none());
    }
}

/// Each change in turn fails, in one way after the other.
#[test]
fn nothing_is_lost_or_doubled_when_a_change_fails() {
    let busy = Busy::new();
    let world = &busy.world;
    let ways: Vec<Fault> = [401, 403, 404, 409, 422, 500]
        .into_iter()
        .map(Fault::status)
        .chain([Cut::Before, Cut::After].map(Fault::cut))
        .collect();
    let mut calls = busy.writes();
    calls.sort_by_key(|call| (call.method.clone(), call.path.clone()));
    calls.dedup();
    for call in calls {
        for way in &ways {
            let method = METHODS.into_iter().find(|method| *method == call.method);
            let fault = way.clone().method(method.unwrap()).path(&call.path);
            world.page.fault(fault);
            let outcome = world.bot.coord(["github", "sync", "--json"]);
            assert!(
                [0, 3].contains(&outcome.code),
                "{call:?} {way:?}: {outcome}"
            );
            busy.heals();
            busy.again();
        }
    }
}

#[test]
fn a_round_that_cannot_look_changes_nothing() {
    let busy = Busy::new();
    let world = &busy.world;
    for path in ["/pulls?", "/issues?", "/comments?", "/status?", "/labels?"] {
        for fault in [
            Fault::status(500),
            Fault::cut(Cut::Before),
            Fault::status(404),
        ] {
            drop(world.page.calls());
            world.page.fault(fault.method("GET").path(path).times(3));
            let outcome = world.bot.coord(["github", "sync"]);
            assert_ne!(outcome.code, 0, "{path}: {outcome}");
            assert_eq!(world.page.writes(), [], "{path}");
            world.page.heal();
        }
    }
    busy.heals();
}

/// GitHub says that nothing has changed, although it has.
#[test]
fn a_stale_mark_makes_nothing_twice() {
    let busy = Busy::new();
    let world = &busy.world;
    // All is remembered as it was before.
    world.page.fault(Fault::status(500).method("POST").times(9));
    world.bot.coord(["github", "sync"]).code(3);
    world.page.heal();
    sync(&world.bot);
    world.page.fault(Fault::stale().times(1_000));
    world.bot.coord(["github", "sync"]).ok();
    world.bot.coord(["github", "sync"]).ok();
    for number in busy.numbers {
        let comments = world.page.hosted().comments_of(number, BOT);
        assert_eq!(comments.len(), 1, "#{number}");
    }
    busy.heals();
}

#[test]
fn a_primary_limit_ends_the_round_and_says_until_when() {
    let busy = Busy::new();
    busy.world.page.hosted().remaining = 9;
    let outcome = busy.world.bot.coord(["github", "sync"]).code(3);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("takes no more calls for 1"), "{outcome}");
    busy.world.page.hosted().remaining = 5000;
    busy.heals();
}

/// One that ends soon is waited for, and nobody notices.
#[test]
fn a_secondary_limit_that_ends_soon_is_waited_for() {
    let busy = Busy::new();
    let world = &busy.world;
    let limit = Fault::status(403)
        .message("You have exceeded a secondary rate limit.")
        .header("retry-after", 1);
    world.page.fault(limit.clone().method("POST"));
    world.page.fault(limit.method("GET"));
    sync(&world.bot);
    busy.is_right();
    idle(world);
    // One that says nothing of its end is for the next round.
    busy.alice.coord(["unlock", "src/a.rs"]).ok();
    let limit = Fault::status(403).message("You have exceeded a secondary rate limit.");
    world.page.fault(limit.method("PATCH"));
    let outcome = world.bot.coord(["github", "sync"]).code(3);
    assert!(
        outcome.stderr.contains("no more calls for 60 s"),
        "{outcome}"
    );
}

/// Killed at any call, and run again.
#[test]
fn a_round_that_is_killed_is_taken_up_by_the_next() {
    let busy = Busy::new();
    let world = &busy.world;
    for nth in 0..busy.writes().len() {
        drop(world.page.calls());
        let mut running = world.bot.prepared(["github", "sync"]).spawn();
        until("it is at work", || {
            let seen = world.page.peek();
            let writes = seen.iter().filter(|call| call.method != "GET").count();
            (writes > nth || running.has_ended()).then_some(())
        });
        running.kill();
        busy.heals();
        busy.again();
    }
}

/// Clones that know nothing of each other, at the same time.
#[test]
fn two_rounds_at_once_come_to_one_page() {
    let busy = Busy::new();
    let world = &busy.world;
    let other = world.person("other-bot");
    let rounds = [&world.bot, &other, &world.bot];
    let rounds = rounds.map(|bot| bot.prepared(["github", "sync"]).spawn());
    for round in rounds {
        let outcome = round.wait();
        assert!([0, 3].contains(&outcome.code), "{outcome}");
    }
    sync(&world.bot);
    // Both may have set the status, which is then there twice and says the same.
    let sha = busy.alice.ask_git(["rev-parse", "HEAD"]);
    let mut page = world.page.hosted();
    page.statuses.get_mut(&sha).unwrap().dedup();
    drop(page);
    busy.heals();
}

#[test]
fn a_token_without_the_right_to_check_runs_says_so_once() {
    let busy = Busy::new();
    let world = &busy.world;
    let bot = world.bot.with_var("GITHUB_TOKEN", APP_TOKEN);
    let fault = Fault::status(403).path("/check-runs").method("POST");
    world.page.fault(fault.times(9));
    let first = sync(&bot);
    assert_eq!(first["notes"].as_array().unwrap().len(), 1, "{first:#}");
    drop(world.page.calls());
    let second = sync(&bot);
    assert_eq!(second["notes"].as_array().unwrap().len(), 0);
    assert_eq!(world.page.writes(), []);
}
