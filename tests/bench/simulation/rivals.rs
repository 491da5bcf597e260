//! How others run a queue. Each runs a red check once more before it believes it.

use std::collections::VecDeque;

use super::truth::{Tree, Truth};
use super::{CHECK_MINUTES, Outcome, Runs};

/// One after the other: each is checked on everything before it, and lands or leaves.
pub fn serial(truth: &Truth) -> Outcome {
    let mut shop = Shop::new(truth);
    for entry in 0..truth.count() {
        shop.alone(entry);
    }
    shop.close()
}

/// So many at a time, with one worker; a red batch is halved until it is known who is to blame.
pub fn batch(truth: &Truth, size: usize) -> Outcome {
    let mut shop = Shop::new(truth);
    let all: Vec<usize> = (0..truth.count()).collect();
    let mut batches: VecDeque<Vec<usize>> = all.chunks(size).map(<[usize]>::to_vec).collect();
    while let Some(mut batch) = batches.pop_front() {
        if let [entry] = batch[..] {
            shop.alone(entry);
            continue;
        }
        let tree = batch
            .iter()
            .fold(shop.tip.clone(), |tree, entry| tree.with(*entry));
        if shop.check(&tree) {
            shop.land(tree, batch.len());
        } else {
            let later = batch.split_off(batch.len().div_ceil(2));
            batches.push_front(later);
            batches.push_front(batch);
        }
    }
    shop.close()
}

/// A train: so many are checked at the same time, each on all before it. Whoever is red twice is
/// put out, and everybody behind begins anew.
pub fn train(truth: &Truth, flight: usize) -> Outcome {
    let mut shop = Shop::new(truth);
    let mut waiting: VecDeque<usize> = (0..truth.count()).collect();
    let mut cars: Vec<Car> = Vec::new();
    loop {
        while cars.len() < flight
            && let Some(entry) = waiting.pop_front()
        {
            let before = cars.last().map_or(&shop.tip, |car| &car.tree);
            cars.push(Car::new(before.with(entry), entry, shop.outcome.minutes));
        }
        let ends = cars.iter().filter(|car| !car.is_green).map(|car| car.ends);
        let Some(now) = ends.min() else { break };
        shop.outcome.minutes = now;
        // From the head on, so that nobody is judged before those ahead who end with it.
        let mut index = 0;
        while index < cars.len() {
            if cars[index].is_green || cars[index].ends != now {
                index += 1;
                continue;
            }
            if shop.run(&cars[index].tree.clone()) {
                cars[index].is_green = true;
            } else if cars[index].was_red {
                let car = cars.remove(index);
                let before = index.checked_sub(1).map(|ahead| cars[ahead].tree.clone());
                let before = before.unwrap_or_else(|| shop.tip.clone());
                shop.evict(&before, car.entry);
                let mut tree = before;
                for behind in &mut cars[index..] {
                    // What ended with it was paid for as well.
                    if !behind.is_green && behind.ends == now {
                        shop.outcome.checks += 1;
                    }
                    tree = tree.with(behind.entry);
                    shop.outcome.checks += usize::from(!behind.is_green && behind.ends > now);
                    *behind = Car::new(tree.clone(), behind.entry, now);
                }
                break;
            } else {
                cars[index].was_red = true;
                cars[index].ends = now + CHECK_MINUTES;
            }
            index += 1;
        }
        while cars.first().is_some_and(|car| car.is_green) {
            let car = cars.remove(0);
            shop.land(car.tree, 1);
        }
    }
    shop.close()
}

/// One entry on the train.
struct Car {
    entry: usize,
    tree: Tree,
    ends: u64,
    was_red: bool,
    is_green: bool,
}

impl Car {
    fn new(tree: Tree, entry: usize, now: u64) -> Self {
        Self {
            entry,
            tree,
            ends: now + CHECK_MINUTES,
            was_red: false,
            is_green: false,
        }
    }
}

/// What all of them need.
struct Shop<'t> {
    truth: &'t Truth,
    runs: Runs<'t>,
    tip: Tree,
    outcome: Outcome,
}

impl<'t> Shop<'t> {
    fn new(truth: &'t Truth) -> Self {
        Self {
            truth,
            runs: Runs::new(truth),
            tip: Tree::default(),
            outcome: Outcome::default(),
        }
    }

    fn run(&mut self, tree: &Tree) -> bool {
        self.outcome.checks += 1;
        self.runs.run(tree)
    }

    /// A run that everybody waits for.
    fn check(&mut self, tree: &Tree) -> bool {
        self.outcome.minutes += CHECK_MINUTES;
        self.run(tree)
    }

    fn alone(&mut self, entry: usize) {
        let tree = self.tip.with(entry);
        if self.check(&tree) || self.check(&tree) {
            self.land(tree, 1);
        } else {
            self.evict(&self.tip.clone(), entry);
        }
    }

    fn land(&mut self, tree: Tree, count: usize) {
        self.outcome.untested += usize::from(!self.runs.has_passed(&tree));
        self.outcome.broken += usize::from(self.truth.is_broken(&tree));
        self.outcome.landed += count;
        self.tip = tree;
    }

    fn evict(&mut self, before: &Tree, entry: usize) {
        let is_guilty = self.truth.is_broken(&before.with(entry)) && !self.truth.is_broken(before);
        self.outcome.innocent += usize::from(!is_guilty);
        self.outcome.evicted += 1;
    }

    fn close(self) -> Outcome {
        Outcome {
            twice: self.runs.twice,
            ..self.outcome
        }
    }
}
