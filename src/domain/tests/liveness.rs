//! Whoever waits and keeps asking gets what it waits for, whatever the others do.

use proptest::prelude::*;

use super::words::{World, actor, key, plain_lock};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::{Lock, Request, Unlock, Which};
use crate::model::time::Timestamp;

const KEYS: [&str; 5] = ["src/", "src/a", "src/b", "doc", "db:schema:users"];
const WAITERS: usize = 4;
/// Longest time in rounds that a session holds what it got.
const HOLD_MAX: usize = 3;
/// Everybody before it may hold once, and a turn may be missed by those who gave up.
const PATIENCE: usize = (WAITERS + 2) * (HOLD_MAX + 2) * 2;

/// What one session wants next, for how long, and whether it lets go before it asks.
#[derive(Clone, Debug)]
struct Wish {
    keys: Vec<Key>,
    mode: Mode,
    rounds: usize,
    is_greedy: bool,
}

fn wish() -> impl Strategy<Value = Wish> {
    let keys = proptest::collection::vec(proptest::sample::select(&KEYS[..]).prop_map(key), 1..3);
    let mode = prop_oneof![Just(Mode::Exclusive), Just(Mode::Shared)];
    (keys, mode, 1..=HOLD_MAX, proptest::bool::weighted(0.3)).prop_map(
        |(keys, mode, rounds, is_greedy)| Wish {
            keys,
            mode,
            rounds,
            is_greedy,
        },
    )
}

struct Session {
    me: Actor,
    wishes: Vec<Wish>,
    next: usize,
    asked: Option<(usize, Timestamp)>,
    holds_for: usize,
}

impl Session {
    fn wish(&self) -> Wish {
        self.wishes[self.next % self.wishes.len()].clone()
    }

    fn release(&self, world: &mut World) {
        world
            .run(
                &self.me,
                &Request::Unlock(Unlock { which: Which::All }),
                &[],
            )
            .unwrap();
    }

    /// One round: hold on, or let go and ask, or ask again.
    fn live(&mut self, world: &mut World, round: usize) {
        if self.holds_for > 0 {
            self.holds_for -= 1;
            return;
        }
        let wish = self.wish();
        // Who never lets go is not to be outwaited.
        let is_greedy = wish.is_greedy && self.next % 2 == 1;
        if self.asked.is_none() && !is_greedy {
            self.release(world);
        }
        let (since, until) = *self
            .asked
            .get_or_insert((round, world.now.plus_secs(36_000)));
        assert!(
            round - since <= PATIENCE,
            "{} has waited for {wish:?} since round {since}",
            self.me
        );
        let lock = Lock {
            mode: wish.mode,
            wait_until: Some(until),
            ..plain_lock(wish.keys)
        };
        match world.run(&self.me, &Request::Lock(lock), &[]) {
            Ok(done) if matches!(done.reply, Reply::Waiting { .. }) => {}
            Ok(_) => (self.asked, self.holds_for, self.next) = (None, wish.rounds, self.next + 1),
            // Giving back is what the hint says.
            Err(Refusal::Deadlock { .. }) => self.release(world),
            Err(other) => panic!("{other}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig { max_shrink_iters: 60, ..ProptestConfig::with_cases(8) } })]

    #[test]
    fn nobody_starves(
        wishes in proptest::collection::vec(proptest::collection::vec(wish(), 1..4), WAITERS),
        intruders in proptest::collection::vec(wish(), 1..4),
        seed in any::<u64>(),
    ) {
        let mut world = World::new();
        let mut random = fastrand::Rng::with_seed(seed);
        let mut sessions: Vec<Session> = wishes
            .into_iter()
            .enumerate()
            .map(|(n, wishes)| Session { me: actor(&format!("w{n}")), wishes, next: 0, asked: None, holds_for: 0 })
            .collect();
        // These do not wait: they take what is free, as often as they can.
        let crowd: Vec<Actor> = (0..3).map(|n| actor(&format!("i{n}"))).collect();
        for round in 0..100 {
            world.pass("5s");
            random.shuffle(&mut sessions);
            for session in &mut sessions {
                let intruder = random.choice(&crowd).unwrap();
                let wish = random.choice(&intruders).unwrap().clone();
                let lock = Lock { mode: wish.mode, ..plain_lock(wish.keys) };
                let _ = world.run(intruder, &Request::Lock(lock), &[]);
                session.live(&mut world, round);
                if random.bool() {
                    world.run(intruder, &Request::Unlock(Unlock { which: Which::All }), &[]).unwrap();
                }
            }
        }
    }
}
