//! `git coord doctor`: whatever is broken is named, and what can be repaired is, losing nothing.

mod machine;
mod objects;
mod records;
mod remote;
mod state;

use serde_json::Value;

use crate::support::git::knows;
use crate::support::{Agent, Sandbox, Shell};

/// What the state ref is called.
const STATE: &str = "refs/coord/state";

/// Options of `git init` for each kind of repository that another backend serves.
const FORMATS: [&[&str]; 3] = [&[], &["--ref-format=reftable"], &["--object-format=sha256"]];

/// Those that the git here knows.
fn formats() -> impl Iterator<Item = &'static [&'static str]> {
    FORMATS.into_iter().filter(|init| knows(init))
}

/// A repository in which alice holds two files.
fn locked(sandbox: &Sandbox, init: &[&str]) -> Agent {
    let alice = sandbox.repo_with("project", init).agent("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    alice
}

/// The report, and that the exit code says the same.
#[track_caller]
fn doctor(shell: &Shell, args: &[&str]) -> Value {
    let args = [&["doctor", "--json"], args].concat();
    let outcome = shell.coord(args);
    let report = outcome.json();
    let problems = report["problems"].as_u64().unwrap();
    let _ = outcome.code(if problems == 0 { 0 } else { 4 });
    report
}

/// One check of a report.
#[track_caller]
fn check<'r>(report: &'r Value, id: &str) -> &'r Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.find(|check| check["id"] == id).unwrap()
}

/// Asserts how a check ended and that what it found is about `text`.
#[track_caller]
fn found(report: &Value, id: &str, state: &str, text: &str) {
    let check = check(report, id);
    assert_eq!(check["state"], state, "{check:#}");
    assert!(check.to_string().contains(text), "{check:#}");
}

/// The commit of the state ref.
#[track_caller]
fn tip(shell: &Shell) -> String {
    shell.ask_git(["rev-parse", STATE])
}

/// What is held, as keys.
#[track_caller]
fn held(shell: &Shell) -> Vec<String> {
    let listed = shell.coord(["locks", "--json"]).ok().json();
    let locks = listed["locks"].as_array().unwrap();
    let key = |lock: &Value| lock["key"].as_str().unwrap().to_owned();
    locks.iter().map(key).collect()
}

/// Every ref, to see that nothing moved.
#[track_caller]
fn refs(shell: &Shell) -> String {
    let listed = shell.git(["for-each-ref", "--format=%(refname) %(objectname)"]);
    format!("{}{}", listed.stdout, listed.stderr)
}

/// Asserts that commands which need the state refuse with exit 4 and change nothing.
#[track_caller]
fn refuses_to_work(shell: &Shell) {
    let before = refs(shell);
    for args in [
        &["lock", "src/c.rs"][..],
        &["unlock", "--all"],
        &["renew", "--all"],
        &["locks"],
        &["status"],
        &["check", "src/a.rs"],
        &["log"],
    ] {
        let outcome = shell.coord(args).code(4);
        assert!(outcome.stderr.contains("git coord doctor"), "{outcome}");
    }
    assert_eq!(refs(shell), before);
}

/// Asserts that the clone is well and works.
#[track_caller]
fn works(shell: &Shell) {
    let report = doctor(shell, &[]);
    assert_eq!(report["problems"], 0, "{report:#}");
    shell.coord(["lock", "docs/new.md"]).ok();
    shell.coord(["unlock", "docs/new.md"]).ok();
    let verified = shell.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(
        verified["findings"].as_array().unwrap().len(),
        0,
        "{verified:#}"
    );
}
