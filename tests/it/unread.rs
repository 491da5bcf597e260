//! Answers that nobody can read: streams that are closed, that nobody reads to their end, or whose
//! disk is full.

use crate::support::Sandbox;

/// Whatever could not be said ended the program with 0: a refusal, and the one of a hook as well, was
/// a consent when standard error was closed or its disk full.
#[test]
fn a_refusal_that_nobody_can_read_is_one_all_the_same() {
    let repo = Sandbox::new().repo("repo");
    repo.agent("bob").coord(["lock", "src/b.rs"]).ok();
    let alice = repo.agent("alice");
    alice.coord(["hooks", "install"]).ok();
    let lock = "git-coord lock src/b.rs";
    alice.write("src/b.rs", "fn alice() {}\n");
    alice.git(["add", "src/b.rs"]).ok();
    for line in [
        format!("{lock} 2>/dev/full"),
        format!("{lock} 2>&-"),
        format!("{lock} --json >/dev/full"),
        format!("{lock} --json >&-"),
        format!("({lock}; echo $? >code) 2>&1 | true; exit $(cat code)"),
        "git commit -m mine 2>/dev/full".to_owned(),
        "git commit -m mine 2>&-".to_owned(),
    ] {
        let outcome = alice.command("sh", ["-c", &line]).run();
        assert_eq!(outcome.code, 1, "{line}: {outcome}");
    }
}

/// An answer that got lost on a full disk looked like one that had nothing to say.
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let alice = Sandbox::new().repo("repo").agent("alice");
    for (line, code) in [
        ("git-coord locks >/dev/full", 4),
        ("git-coord locks --json >/dev/full", 4),
        ("git-coord help locks >/dev/full", 4),
        (
            "(git-coord locks; echo $? >code) | true; exit $(cat code)",
            0,
        ),
    ] {
        let outcome = alice.command("sh", ["-c", line]).run();
        assert_eq!(outcome.code, code, "{line}: {outcome}");
        let says = outcome.stderr.contains("the answer could not be written");
        assert_eq!(says, code != 0, "{line}: {outcome}");
    }
}
