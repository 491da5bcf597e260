//! In which order entries stand, and that nobody starves.

use proptest::prelude::*;

use super::shop::*;
use crate::domain::queue::order::{LATER_MAX, order};
use crate::model::queue::{Add, Ask, BATCH_MAX, EntryRecord, Line, PASSED_MAX, Stage};

fn with_priority(name: &str, priority: u8) -> Ask {
    Ask::Add(Add {
        priority: Some(priority.try_into().unwrap()),
        ..add(name)
    })
}

fn after(name: &str, before: &str, priority: u8) -> Ask {
    Ask::Add(Add {
        after: before.split_whitespace().map(id).collect(),
        priority: Some(priority.try_into().unwrap()),
        ..add(name)
    })
}

fn urgent(name: &str) -> Ask {
    Ask::Add(Add {
        urgent: Some("the site is down".parse().unwrap()),
        ..add(name)
    })
}

#[test]
fn more_urgent_first_then_older_first() {
    let mut shop = Shop::new();
    for (name, priority) in [("a", 3), ("b", 1), ("c", 2), ("d", 1), ("e", 0)] {
        shop.ok(name, with_priority(name, priority));
    }
    assert_eq!(shop.order(), "e b d c a");
}

#[test]
fn what_others_wait_for_is_as_urgent_and_as_old_as_they() {
    let mut shop = Shop::with("a b c");
    shop.ok("d", with_priority("d", 4));
    shop.ok("e", with_priority("e", 3));
    assert_eq!(shop.order(), "a b c e d");
    shop.ok("f", after("f", "e", 0));
    assert_eq!(shop.order(), "e f a b c d");
    // And over more than one step.
    shop.ok("e", after("e", "d", 3));
    assert_eq!(shop.order(), "d e f a b c");
    // An old one makes a younger one old.
    let mut shop = Shop::with("a b c");
    shop.ok("a", after("a", "c", 2));
    assert_eq!(shop.order(), "c a b");
}

#[test]
fn the_train_goes_first_and_only_an_urgent_one_before_it() {
    let mut shop = Shop::with("a b c d");
    shop.ok("runner", start("", "c b"));
    assert_eq!(shop.order(), "c b a d");
    shop.ok("e", with_priority("e", 0));
    assert_eq!(shop.order(), "c b e a d");
    shop.ok("f", urgent("f"));
    shop.ok("g", urgent("g"));
    assert_eq!(shop.order(), "f g c b e a d");
    // What an urgent one waits for goes with it.
    shop.ok(
        "h",
        Ask::Add(Add {
            urgent: Some("the site is down".parse().unwrap()),
            after: [id("d")].into(),
            ..add("h")
        }),
    );
    assert_eq!(shop.order(), "f g d h c b e a");
}

#[test]
fn who_was_passed_by_eight_is_one_step_more_urgent() {
    let mut shop = Shop::with("a b");
    shop.ok("late", with_priority("late", 3));
    let mut landed = 0;
    for name in (0..7 + 2).map(|n| format!("n{n}")) {
        shop.ok(&name, with_priority(&name, 2));
        shop.prove(&name);
        shop.land(&name);
        landed += 1;
        if landed < 2 + PASSED_MAX {
            assert_eq!(shop.order(), "a b late");
        }
    }
    shop.ok("x", with_priority("x", 2));
    assert_eq!(shop.order(), "a b x late", "two were ahead anyway");
    shop.ok("y", with_priority("y", 2));
    shop.prove("x");
    shop.land("x");
    shop.ok("z", with_priority("z", 1));
    assert_eq!(shop.order(), "a b z late y", "so are the two");
}

#[test]
fn a_circle_that_only_damage_can_make_loses_nobody() {
    let mut shop = Shop::with("a b");
    let entry = |name: &str, before: &str| {
        let mut entry = shop.entry(name);
        entry.body.after = [id(before)].into();
        entry
    };
    let entries = [entry("a", "b"), entry("b", "a")];
    assert_eq!(order(&entries, &shop.line()).len(), 2);
    shop.ok("a", drop_it("a"));
    assert_eq!(shop.order(), "b");
}

/// Why the bound has a batch in it.
#[test]
fn what_is_certified_lands_before_whoever_is_due() {
    let shop = Shop::with("a");
    let later = |number: usize| {
        let mut entry = shop.entry("a");
        entry.body.id = id(&format!("n{number:02}"));
        entry.body.since += 1 + number as u64;
        entry.body.priority = 0.try_into().unwrap();
        entry.body.landed_before = 4 * PASSED_MAX;
        entry
    };
    let mut last = shop.entry("a");
    last.body.priority = 4.try_into().unwrap();
    let count = BATCH_MAX as usize;
    let mut entries: Vec<EntryRecord> = (0..count + 1).map(later).collect();
    let mut line = Line::new(target());
    line.train = entries[..count]
        .iter()
        .map(|entry| entry.id.clone())
        .collect();
    line.landed = 4 * PASSED_MAX;
    entries.push(last);
    let ordered = order(&entries, &line);
    assert_eq!(ordered[count].id, id("a"), "and before all others");
    let passed = line.landed + u64::from(BATCH_MAX);
    assert!(passed <= LATER_MAX && passed > 5 * PASSED_MAX);
}

/// One thing that happens to a line under load.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody gets in line.
    Add(u8),
    /// So many are certified, so many of them land.
    Land(usize, usize),
    /// What stands at this place cannot land, or can again.
    Hinder(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..5).prop_map(Step::Add),
        4 => Just(Step::Add(0)),
        3 => (1..=BATCH_MAX as usize, 1..=BATCH_MAX as usize)
            .prop_map(|(train, land)| Step::Land(train, land)),
        1 => (0usize..40).prop_map(Step::Hinder),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The bound that `order` states: of those that came later, only so many go before anybody,
    /// however many more urgent ones keep coming.
    #[test]
    fn nobody_starves(
        ahead in proptest::collection::vec(0u8..5, 0..30),
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let mut shop = Shop::with("a");
        let model = shop.entry("a");
        shop.ok("a", drop_it("a"));
        let mut line = Line::new(target());
        let mut entries: Vec<EntryRecord> = Vec::new();
        let add = |entries: &mut Vec<EntryRecord>, line: &Line, priority: u8| {
            let mut entry = model.clone();
            let waiting = entries.iter().filter(|entry| !entry.stage.is_over());
            entry.body.ahead = waiting.count() as u64;
            entry.body.id = id(&format!("e{:05}", entries.len()));
            entry.body.since = entries.len() as u64;
            entry.body.landed_before = line.landed;
            entry.body.priority = priority.try_into().unwrap();
            entries.push(entry);
        };
        for priority in &ahead {
            add(&mut entries, &line, *priority);
        }
        add(&mut entries, &line, 4);
        let last = ahead.len();
        let mut hindered = std::collections::BTreeSet::new();
        let (mut passed, mut has_landed) = (0, false);
        // Enough of them that the bound is met if it can be.
        for step in steps.iter().cycle().take(500) {
            match step {
                Step::Add(priority) => add(&mut entries, &line, *priority),
                Step::Hinder(index) => {
                    if *index != last && !hindered.remove(index) {
                        hindered.insert(*index);
                    }
                }
                Step::Land(train, land) => {
                    let ordered = order(&entries, &line);
                    let able: Vec<usize> = ordered
                        .iter()
                        .map(|entry| entry.since as usize)
                        .filter(|index| !hindered.contains(index))
                        .take(*train)
                        .collect();
                    line.train = able.iter().map(|index| entries[*index].id.clone()).collect();
                    let landing = &able[..able.len().min(*land)];
                    for index in landing {
                        entries[*index].body.stage = Stage::Landed;
                    }
                    line.landed += landing.len() as u64;
                    line.train.drain(..landing.len());
                    let place = landing.iter().position(|index| *index == last);
                    has_landed = place.is_some();
                    let before = &landing[..place.unwrap_or(landing.len())];
                    passed += before.iter().filter(|index| **index > last).count();
                }
            }
            prop_assert!(
                passed as u64 <= entries[last].ahead + LATER_MAX,
                "{passed} went before one that had {} ahead", entries[last].ahead
            );
            if has_landed {
                break;
            }
        }
    }
}
