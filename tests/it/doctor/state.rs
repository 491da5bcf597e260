//! The state ref, set to what this clone has not seen.

use std::fs;

use super::{
    FORMATS, STATE, check, doctor, formats, found, held, locked, refs, refuses_to_work, tip, works,
};
use crate::support::{Agent, Sandbox};

/// Damages, sees that all refuses, repairs, and sees that nothing is lost.
#[track_caller]
fn is_restored(alice: &Agent, text: &str, damage: impl FnOnce()) {
    let good = tip(alice);
    let before = held(alice);
    damage();
    refuses_to_work(alice);
    let damaged = refs(alice);
    let report = doctor(alice, &[]);
    found(&report, "state-ref", "problem", text);
    assert_eq!(check(&report, "state-ref")["fix"], "possible");
    assert!(
        report.to_string().contains(&good),
        "both tips are shown: {report:#}"
    );
    assert_eq!(refs(alice), damaged, "a look changes nothing");
    let report = doctor(alice, &["--fix"]);
    found(&report, "state-ref", "ok", &good);
    assert_eq!(check(&report, "state-ref")["fix"], "done");
    assert_eq!(report["problems"], 0, "{report:#}");
    assert_eq!(tip(alice), good);
    assert_eq!(held(alice), before);
    works(alice);
}

#[test]
fn a_shortened_chain_is_restored() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        is_restored(&alice, "set back by 1", || {
            alice.git(["update-ref", STATE, &format!("{STATE}~1")]).ok();
        });
    }
}

#[test]
fn a_deleted_chain_is_restored() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        is_restored(&alice, "is gone", || {
            alice.git(["update-ref", "-d", STATE]).ok();
        });
    }
}

#[test]
fn a_foreign_chain_is_set_aside() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let other = sandbox.repo_with("other", init).agent("mallory");
        other.coord(["lock", "src/a.rs"]).ok();
        let foreign = tip(&other);
        is_restored(&alice, "foreign", || {
            let from = other.path().to_str().unwrap();
            let refspec = format!("+{STATE}:{STATE}");
            alice.git(["fetch", "--quiet", from, &refspec]).ok();
        });
        assert_eq!(
            alice.ask_git(["rev-parse", "refs/coord/rescued/1"]),
            foreign
        );
    }
}

#[test]
fn a_rewritten_chain_is_set_aside_and_can_be_accepted() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let pin = alice.path().join(".git/coord/pin");
        let good = tip(&alice);
        let kept = fs::read(&pin).unwrap();
        alice.git(["update-ref", STATE, &format!("{STATE}~1")]).ok();
        fs::remove_file(&pin).unwrap();
        alice.coord(["lock", "docs/other.md"]).ok();
        let other = tip(&alice);
        alice.git(["update-ref", STATE, &good]).ok();
        fs::write(&pin, kept).unwrap();
        is_restored(&alice, "rewritten after", || {
            alice.git(["update-ref", STATE, &other]).ok();
        });
        // A person may decide the other way; this clone's own chain is then the one set aside.
        let ours = tip(&alice);
        let report = doctor(&alice, &["--fix", "--accept", "refs/coord/rescued/1"]);
        assert_eq!(report["problems"], 0, "{report:#}");
        assert_eq!(tip(&alice), other);
        assert_eq!(alice.ask_git(["rev-parse", "refs/coord/rescued/2"]), ours);
        assert_eq!(held(&alice), ["docs/other.md", "src/a.rs"]);
        works(&alice);
    }
}

#[test]
fn only_a_state_can_be_accepted() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let before = refs(&alice);
    for (accept, why) in [("HEAD", "is no state"), ("nothing", "no commit here")] {
        let report = doctor(&alice, &["--fix", "--accept", accept]);
        found(&report, "state-ref", "ok", why);
        assert_eq!(check(&report, "state-ref")["fix"], "failed");
        assert_eq!(refs(&alice), before);
    }
    let _ = alice.coord(["doctor", "--accept", STATE]).code(2);
}

/// What a crash leaves of a loose ref.
#[test]
fn a_damaged_ref_file_is_restored_from_the_pin() {
    for init in [FORMATS[0], FORMATS[2]] {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let file = alice.path().join(".git").join(STATE);
        for (content, text) in [("", "empty"), ("garbage\n", "no id"), ("\0\0\0\0", "no id")] {
            is_restored(&alice, text, || fs::write(&file, content).unwrap());
        }
        is_restored(&alice, "only points to", || {
            alice.git(["symbolic-ref", STATE, "refs/heads/main"]).ok();
        });
    }
}

/// Under a loose file there may be an older packed ref, which shows once the file is gone.
#[test]
fn a_damaged_ref_file_over_a_packed_ref_is_restored() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    alice.git(["pack-refs", "--all"]).ok();
    alice.coord(["lock", "docs/guide.md"]).ok();
    let file = alice.path().join(".git").join(STATE);
    is_restored(&alice, "empty", || fs::write(&file, "").unwrap());
}

#[test]
fn a_ref_to_a_missing_object_is_restored_from_the_pin() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let zeros = "1".repeat(tip(&alice).len());
        // What was moved before its objects reached the disk.
        if init == FORMATS[1] {
            let mut doomed = alice.ask_git(["commit-tree", "-m", "doomed", "HEAD^{tree}"]);
            is_restored(&alice, "not here", || {
                alice.git(["update-ref", STATE, &doomed]).ok();
                super::objects::lose(&alice, &std::mem::take(&mut doomed));
            });
        } else {
            let file = alice.path().join(".git").join(STATE);
            is_restored(&alice, "not here", || {
                fs::write(file, format!("{zeros}\n")).unwrap()
            });
        }
    }
}

#[test]
fn commits_that_no_operation_made_are_set_aside() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let mut stray = String::new();
        is_restored(&alice, "no operation made", || {
            stray = alice.ask_git(["commit-tree", "-p", STATE, "-m", "mine", "HEAD^{tree}"]);
            alice.git(["update-ref", STATE, &stray]).ok();
        });
        assert_eq!(alice.ask_git(["rev-parse", "refs/coord/rescued/1"]), stray);
    }
}

/// A commit on top of the state was trusted for its descent alone, so that taking it away again
/// looked like a shortened chain.
#[test]
fn a_commit_that_is_no_state_is_not_pinned() {
    for number in [None, Some(2), Some(4)] {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, &[]);
        let good = tip(&alice);
        let message = match number {
            None => "mine".to_owned(),
            Some(rev) => format!("mine\n\n{{\"rev\":{rev}}}"),
        };
        let tree = format!("{STATE}^{{tree}}");
        let stray = alice.ask_git(["commit-tree", "-p", STATE, "-m", &message, &tree]);
        alice.git(["update-ref", STATE, &stray]).ok();
        refuses_to_work(&alice);
        alice.git(["update-ref", STATE, &good]).ok();
        works(&alice);
    }
}

#[test]
fn a_chain_in_a_later_epoch_is_in_order() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    alice.coord(["compact"]).ok();
    alice.coord(["lock", "docs/guide.md"]).ok();
    let report = doctor(&alice, &[]);
    assert_eq!(report["problems"], 0, "{report:#}");
    found(&report, "chain", "ok", "2 states");
    is_restored(&alice, "set back", || {
        alice.git(["update-ref", STATE, "refs/coord/epoch/1"]).ok();
    });
}

/// The ref of the epoch that was left stood in the way of every later one with its number.
#[test]
fn an_epoch_can_be_closed_after_going_back_before_one() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let before = alice.ask_git(["rev-parse", &format!("{STATE}~1")]);
    alice.coord(["compact"]).ok();
    let left = alice.ask_git(["rev-parse", "refs/coord/epoch/1"]);
    let report = doctor(&alice, &["--fix", "--accept", &before]);
    assert_eq!(report["problems"], 0, "{report:#}");
    alice.coord(["lock", "docs/guide.md"]).ok();
    let closed = tip(&alice);
    alice.coord(["compact"]).ok();
    assert_eq!(alice.ask_git(["rev-parse", "refs/coord/epoch/1"]), closed);
    let kept = alice.ask_git([
        "for-each-ref",
        "--format=%(objectname)",
        "refs/coord/rescued/epoch-*",
    ]);
    assert_eq!(kept, left);
    works(&alice);
}

/// Nothing tells which state was the newest; the remote does, and else a person has to.
#[test]
fn a_damaged_ref_without_a_pin_needs_the_remote_or_a_person() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    let good = tip(&alice);
    let lose = || {
        alice.write(&format!(".git/{STATE}"), "");
        fs::remove_file(alice.path().join(".git/coord/pin")).unwrap();
    };
    lose();
    let _ = alice.coord(["lock", "src/b.rs"]).code(4);
    let report = doctor(&alice, &["--fix"]);
    found(&report, "state-ref", "problem", &format!("--accept {good}"));
    let report = doctor(&alice, &["--fix", "--accept", &good]);
    assert_eq!(report["problems"], 0, "{report:#}");
    works(&alice);
    let good = tip(&alice);
    let refspec = format!("{STATE}:{STATE}");
    alice.git(["push", "--quiet", "origin", &refspec]).ok();
    alice.git(["config", "coord.remote", "origin"]).ok();
    lose();
    let report = doctor(&alice, &["--fix"]);
    assert_eq!(report["problems"], 0, "{report:#}");
    assert_eq!(tip(&alice), good);
    works(&alice);
}

/// Only the pin: the state itself is as it was, and the next command pins it again.
#[test]
fn an_unreadable_pin_is_noted() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    alice.write(".git/coord/pin", "");
    found(
        &doctor(&alice, &[]),
        "state-ref",
        "note",
        "pin cannot be read",
    );
    works(&alice);
    found(&doctor(&alice, &[]), "state-ref", "ok", "number 4");
}
