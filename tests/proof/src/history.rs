//! Is what many processes were answered what one after the other could have been answered?
//!
//! A history says of each call when it was made, when its answer came, and what that was. It is right
//! when every call can be given a moment between the two, so that the answers are those of the calls
//! made at these moments one after the other. A call without an answer may have happened at any time
//! after it was made, or never. The search is that of Wing and Gong with Lowe's memory of what was
//! tried; it knows nothing of locks, which are [`Locks`].

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

/// One call.
#[derive(Clone, Debug)]
pub struct Call<W> {
    /// When it was made, in any unit that all calls share.
    pub called: u64,
    /// When the answer came, if one came.
    pub returned: Option<u64>,
    /// What was asked and answered.
    pub what: W,
}

/// What is called, as it would be with one caller.
pub trait Spec {
    /// What was asked and answered.
    type What;
    /// What it remembers.
    type State: Clone + Eq + Hash;

    /// Before all calls.
    fn first(&self) -> Self::State;

    /// What it remembers after a call; nothing when the answer would have been another one.
    fn answered(&self, state: &Self::State, what: &Self::What) -> Option<Self::State>;

    /// What it remembers after a call whose answer nobody has heard.
    fn unheard(&self, state: &Self::State, what: &Self::What) -> Self::State;
}

/// An order in which the calls could have happened, as their places in `calls`; none if there is none.
pub fn order<S: Spec>(spec: &S, calls: &[Call<S::What>]) -> Option<Vec<usize>> {
    let mut tried: HashSet<(Vec<u64>, S::State)> = HashSet::new();
    let none = vec![0u64; calls.len().div_ceil(64)];
    let mut path = vec![Step {
        done: none,
        state: spec.first(),
        call: usize::MAX,
        next: 0,
    }];
    while let Some(step) = path.last_mut() {
        let is_done = |call: usize| step.done[call / 64] & (1 << (call % 64)) != 0;
        let open = (0..calls.len()).filter(|call| !is_done(*call));
        // Nothing can happen that was called after something else had its answer.
        let Some(until) = open.filter_map(|call| calls[call].returned).min() else {
            return Some(path.iter().skip(1).map(|step| step.call).collect());
        };
        let found =
            (step.next..calls.len()).find(|call| !is_done(*call) && calls[*call].called <= until);
        let Some(call) = found else {
            path.pop();
            continue;
        };
        step.next = call + 1;
        let Call { returned, what, .. } = &calls[call];
        let state = match returned {
            Some(_) => spec.answered(&step.state, what),
            None => Some(spec.unheard(&step.state, what)),
        };
        let Some(state) = state else { continue };
        let mut done = step.done.clone();
        done[call / 64] |= 1 << (call % 64);
        if tried.insert((done.clone(), state.clone())) {
            path.push(Step {
                done,
                state,
                call,
                next: 0,
            });
        }
    }
    None
}

/// A call that was given its moment, and what could come next.
struct Step<T> {
    done: Vec<u64>,
    state: T,
    call: usize,
    next: usize,
}

/// What a process asked for about locks, and whether it got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To hold a wish.
    Lock {
        /// Who.
        who: usize,
        /// Which wish.
        wish: usize,
        /// The answer; of no matter when none came.
        yes: bool,
    },
    /// To give a wish back.
    Unlock {
        /// Who.
        who: usize,
        /// Which wish.
        wish: usize,
        /// The answer; of no matter when none came.
        yes: bool,
    },
}

/// Locks of which it is known by hand which wishes exclude each other.
pub struct Locks<E: Fn(usize, usize) -> bool> {
    /// Whether two wishes cannot be had by two at once.
    pub excludes: E,
}

impl<E: Fn(usize, usize) -> bool> Locks<E> {
    fn is_free(&self, held: &BTreeSet<(usize, usize)>, who: usize, wish: usize) -> bool {
        let mut others = held.iter().filter(|(other, _)| *other != who);
        !others.any(|(_, other)| (self.excludes)(*other, wish))
    }
}

impl<E: Fn(usize, usize) -> bool> Spec for Locks<E> {
    type What = Asked;
    type State = BTreeSet<(usize, usize)>;

    fn first(&self) -> Self::State {
        BTreeSet::new()
    }

    fn answered(&self, state: &Self::State, what: &Asked) -> Option<Self::State> {
        let mut next = state.clone();
        let fits = match *what {
            Asked::Lock { who, wish, yes } => {
                let is_free = self.is_free(state, who, wish);
                if yes {
                    next.insert((who, wish));
                }
                yes == is_free
            }
            Asked::Unlock { who, wish, yes } => next.remove(&(who, wish)) == yes,
        };
        fits.then_some(next)
    }

    fn unheard(&self, state: &Self::State, what: &Asked) -> Self::State {
        let mut next = state.clone();
        match *what {
            Asked::Lock { who, wish, .. } => {
                if self.is_free(state, who, wish) {
                    next.insert((who, wish));
                }
            }
            Asked::Unlock { who, wish, .. } => {
                next.remove(&(who, wish));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Call, Locks, order};

    const ONE_KEY: Locks<fn(usize, usize) -> bool> = Locks {
        excludes: |_, _| true,
    };

    /// `0-3 a+` is: called at 0, answered at 3, `a` locks and gets it; `a-` it does not; `a/` gives it
    /// back; no second number, no answer.
    fn history(text: &str) -> Vec<Call<Asked>> {
        let calls = text.split(", ").map(|call| {
            let (times, what) = call.split_once(' ').unwrap();
            let (called, returned) = times.split_once('-').unwrap();
            let who = usize::from(what.as_bytes()[0] - b'a');
            Call {
                called: called.parse().unwrap(),
                returned: returned.parse().ok(),
                what: match &what[1..] {
                    "/" => Asked::Unlock {
                        who,
                        wish: 0,
                        yes: true,
                    },
                    "!" => Asked::Unlock {
                        who,
                        wish: 0,
                        yes: false,
                    },
                    answer => Asked::Lock {
                        who,
                        wish: 0,
                        yes: answer == "+",
                    },
                },
            }
        });
        calls.collect()
    }

    #[test]
    fn good_histories_have_an_order() {
        for text in [
            "0-1 a+",
            "0-1 a+, 2-3 b-",
            "0-1 a+, 2-3 a/, 4-5 b+",
            // Beside each other, in either order.
            "0-9 a+, 1-8 b-",
            "0-9 a-, 1-8 b+",
            // The answer of the first came late.
            "0-9 a+, 1-2 b+, 3-8 b/",
            // Whose answer nobody heard had it, or had it not.
            "0- a+, 1-2 b-",
            "0- a+, 1-2 b+",
            "0- a+, 1-2 b-, 3-4 b-",
            "0-1 a+, 2- a/, 3-4 b+",
            "0-1 a+, 2- a/, 3-4 b-",
            // It was given back long after it was asked to be.
            "0-1 a+, 2- a/, 3-4 b-, 5-6 b+",
            "0-1 a+, 2-3 a+, 4-5 b-",
        ] {
            assert!(order(&ONE_KEY, &history(text)).is_some(), "{text}");
        }
    }

    #[test]
    fn bad_histories_have_none() {
        for text in [
            "0-1 a+, 2-3 b+",
            "0-9 a+, 1-8 b+",
            "0-1 a-",
            "0-1 a+, 2-3 a/, 4-5 b-",
            "0-1 a+, 2-3 b/",
            "0-1 a+, 2-3 a!",
            // Once it was had by nobody, the call that nobody heard of is over.
            "0-1 b+, 2-3 b/, 4- a+, 5-6 b-, 7-8 b+, 9-10 b-",
            "0- a+, 1-2 b+, 3-4 c-, 5-6 b/, 7-8 c+, 9-10 b+",
        ] {
            assert_eq!(order(&ONE_KEY, &history(text)), None, "{text}");
        }
    }

    /// Wishes that do not exclude each other: two share, and a third wants it alone.
    #[test]
    fn what_is_shared_is_had_by_many() {
        let locks = Locks {
            excludes: |one: usize, other: usize| one == 2 || other == 2,
        };
        let lock = |called, who, wish, yes| Call {
            called,
            returned: Some(called + 1),
            what: Asked::Lock { who, wish, yes },
        };
        let good = [
            lock(0, 0, 0, true),
            lock(2, 1, 1, true),
            lock(4, 2, 2, false),
        ];
        assert!(order(&locks, &good).is_some());
        let bad = [
            lock(0, 0, 0, true),
            lock(2, 1, 1, true),
            lock(4, 2, 2, true),
        ];
        assert!(order(&locks, &bad).is_none());
    }
}
