//! What every backend promises, checked by the same code on all of them.
//!
//! [`each`] hands a test one [`Rig`] a backend: a clone, a second clone and the repository that
//! both push to. What only real repositories have (threads with their own handles, damaged files,
//! git's housekeeping) goes through [`each_repository`].

mod chains;
mod damage;
mod discovery;
mod faults;
mod guards;
mod merges;
mod objects;
mod races;
mod remote_settings;
mod remotes;
mod rig;
mod stale_locks;
mod swaps;
mod tree_model;
mod trees;
mod upkeep;

use std::io::Write;

use rig::{Kind, Rig};

/// Runs `check` on every backend.
fn each(check: impl Fn(&Rig)) {
    run(
        &[
            Kind::Memory,
            Kind::Lib,
            Kind::Program,
            Kind::Reftable,
            Kind::Sha256,
        ],
        check,
    );
}

/// Runs `check` on every backend over a real repository.
fn each_repository(check: impl Fn(&Rig)) {
    run(
        &[Kind::Lib, Kind::Program, Kind::Reftable, Kind::Sha256],
        check,
    );
}

fn run(kinds: &[Kind], check: impl Fn(&Rig)) {
    for kind in kinds {
        if !kind.is_known() {
            // Past the runner's capture: what skips itself in silence is not seen.
            let test = std::thread::current();
            let test = test.name().unwrap_or("a test");
            let words = format!("NOT RUN: {test} on reftables, which needs git 2.45\n");
            let _ = std::io::stderr().write_all(words.as_bytes());
            continue;
        }
        let rig = Rig::new(*kind);
        let _named = Named(*kind);
        check(&rig);
    }
}

/// Says on which backend a test failed.
struct Named(Kind);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "this was on {:?}", self.0);
        }
    }
}
