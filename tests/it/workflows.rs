//! The action and the workflows for GitHub: what is in them, writing them into a repository, and what
//! their steps do.

mod check;
mod expression;
mod install;
mod queue;
mod runner;
mod sync;
mod texts;
mod written;

use std::fs;
use std::path::PathBuf;

/// The files as this repository has them, with their names.
fn offered() -> Vec<(String, String)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("hooks/github");
    let mut found: Vec<(String, String)> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

/// One of them.
fn text(name: &str) -> String {
    let all = offered();
    all.into_iter().find(|(known, _)| known == name).unwrap().1
}
