//! What a branch touches, against what was claimed.

use crate::domain::feature::drift::{self, Drift};
use crate::domain::tests::words::{World, keys};
use crate::model::feature::Status;

use super::asking::finish;

fn drift(world: &World, touched: &str) -> Drift {
    let feature = world.known("mine").body;
    let stamp = world.stamp_of("alice");
    drift::of(&world.book, &stamp, &feature, &keys(touched)).unwrap()
}

fn texts(keys: &[crate::model::key::Key]) -> String {
    keys.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn undeclared_contested_and_untouched_paths_are_told_apart() {
    let mut world = World::new();
    world.features(&[
        "alice mine src/, docs/**/*.md, never.txt, db:schema:users",
        "bob theirs lib/",
        "carol over etc/",
    ]);
    world
        .feature("carol", finish("over", Status::Landed))
        .unwrap();
    world.by("dave").lock("tools/x").ok();
    world.by("alice/2").lock("own").ok();
    let exact = drift(&world, "src/a.rs, docs/x/a.md, never.txt");
    assert_eq!(exact, Drift::default());
    let found = drift(&world, "src/a.rs, lib/b.rs, tools/x, etc/y, own");
    assert_eq!(texts(&found.undeclared), "lib/b.rs tools/x etc/y own");
    let contested: Vec<String> = found
        .contested
        .iter()
        .map(|one| {
            let feature = one.feature.as_ref().map_or("lock", |id| id.as_str());
            format!("{} {} {feature} {}", one.path, one.key, one.by.agent)
        })
        .collect();
    assert_eq!(
        contested,
        ["lib/b.rs lib/ theirs bob", "tools/x tools/x lock dave"]
    );
    assert_eq!(texts(&found.untouched), "never.txt docs/**/*.md");
}
