//! Our checker of histories beside that of others.

use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

use crate::history::{Asked, Call, Locks, order};

/// One lock, as stateright has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct One(Option<usize>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Op {
    Lock(usize),
    Unlock(usize),
}

impl SequentialSpec for One {
    type Op = Op;
    type Ret = bool;

    fn invoke(&mut self, op: &Op) -> bool {
        match op {
            Op::Lock(who) => {
                let is_free = self.0.is_none_or(|holder| holder == *who);
                if is_free {
                    self.0 = Some(*who);
                }
                is_free
            }
            Op::Unlock(who) => {
                let is_own = self.0 == Some(*who);
                if is_own {
                    self.0 = None;
                }
                is_own
            }
        }
    }
}

/// Histories of four callers, most of them right, some with an answer changed.
#[test]
fn others_find_the_same_histories_right() {
    let mut random = fastrand::Rng::with_seed(1);
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..3000 {
        let mut lock = One(None);
        let mut theirs = LinearizabilityTester::new(One(None));
        let mut ours: Vec<Call<Asked>> = Vec::new();
        // For each caller what it has called, where that is in ours, and the answer once it is decided.
        let mut open: [Option<(Op, usize, Option<bool>)>; 4] = Default::default();
        for time in 0..random.u64(4..24) {
            let who = random.usize(..4);
            match open[who].take() {
                None => {
                    let is_lock = random.u8(..3) > 0;
                    let op = if is_lock {
                        Op::Lock(who)
                    } else {
                        Op::Unlock(who)
                    };
                    theirs.on_invoke(who, op.clone()).unwrap();
                    ours.push(Call {
                        called: time,
                        returned: None,
                        what: asked(&op, false),
                    });
                    open[who] = Some((op, ours.len() - 1, None));
                }
                Some((op, place, None)) if random.bool() => {
                    let yes = lock.invoke(&op) ^ (random.u8(..30) == 0);
                    open[who] = Some((op, place, Some(yes)));
                }
                Some((op, place, answer)) => {
                    let yes = answer.unwrap_or_else(|| lock.invoke(&op));
                    theirs.on_return(who, yes).unwrap();
                    ours[place].returned = Some(time);
                    ours[place].what = asked(&op, yes);
                }
            }
        }
        let locks = Locks {
            excludes: |_, _| true,
        };
        let is_right = order(&locks, &ours).is_some();
        assert_eq!(is_right, theirs.is_consistent(), "{ours:#?}");
        right += usize::from(is_right);
        wrong += usize::from(!is_right);
    }
    assert!(right > 1000 && wrong > 100, "{right} right, {wrong} wrong");
}

fn asked(op: &Op, yes: bool) -> Asked {
    match *op {
        Op::Lock(who) => Asked::Lock { who, wish: 0, yes },
        Op::Unlock(who) => Asked::Unlock { who, wish: 0, yes },
    }
}
