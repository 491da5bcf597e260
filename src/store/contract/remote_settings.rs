//! Push and fetch whatever hooks, settings and names are in the way.

use super::each_repository;
use super::rig::{append, git, git_dir, move_state, swap_of, texts, write_one};
use crate::model::object_id::ObjectId;
use crate::store::names::STATE;
use crate::store::{Backend, Pushed};

fn push(backend: &dyn Backend, new: ObjectId) -> Pushed {
    backend
        .push("origin", &[swap_of(None, new)])
        .expect("an answer")
}

#[test]
fn a_push_carries_nothing_but_its_refs_whatever_the_config() {
    each_repository(|rig| {
        let (dir, hub) = (rig.here_dir(), rig.hub_dir());
        append(
            &git_dir(&dir).join("config"),
            "[push]\n\tfollowTags = true\n\tdefault = matching\n\tautoSetupRemote = true\n\
             \tuseForceIfIncludes = true\n\
             \tpushOption = merge_request.create\n\
             [remote \"origin\"]\n\tmirror = true\n",
        );
        let here = rig.here();
        let one = write_one(&*here, None, "1");
        git(&dir, &["tag", "-a", "v1", "-m", "v1", &one.to_string()]);
        assert_eq!(push(&*here, one), Pushed::Moved);
        let refs = git(&hub, &["for-each-ref", "--format=%(refname)"]);
        assert_eq!(refs, STATE);
    });
}

fn hook(dir: &std::path::Path, name: &str, script: &str) {
    let hooks = git_dir(dir).join("hooks");
    std::fs::create_dir_all(&hooks).expect("a directory");
    let file = hooks.join(name);
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&file, mode).expect("an executable file");
    }
}

#[test]
fn a_hook_on_the_hub_that_refuses_is_a_rejection_with_its_words() {
    each_repository(|rig| {
        let words = r"printf '\033[31mnot\007 on \rSunday\033[0m\n' >&2; exit 1";
        hook(&rig.hub_dir(), "pre-receive", words);
        let here = rig.here();
        let one = write_one(&*here, None, "1");
        match push(&*here, one) {
            Pushed::Rejected(why) => {
                // Git 2.55 shows such a character by its name, before we see it.
                let why = why.replace("^G", " ");
                let lines: Vec<&str> = why.lines().collect();
                assert_eq!(
                    lines,
                    [
                        "pre-receive hook declined",
                        "  remote: not  on",
                        "  remote: Sunday"
                    ]
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(rig.hub_tip(STATE), None);
    });
}

#[test]
fn no_hook_of_the_clone_runs() {
    each_repository(|rig| {
        rig.hub_dir();
        let dir = rig.here_dir();
        for name in [
            "pre-push",
            "reference-transaction",
            "post-checkout",
            "pre-auto-gc",
        ] {
            hook(&dir, name, "echo ran >> hook-ran; exit 1");
        }
        let here = rig.here();
        let one = write_one(&*here, None, "1");
        move_state(&*here, None, one);
        assert_eq!(push(&*here, one), Pushed::Moved);
        assert_eq!(here.fetch("origin", STATE).expect("a hub"), Some(one));
        assert!(!dir.join("hook-ran").exists() && !git_dir(&dir).join("hook-ran").exists());
    });
}

#[test]
fn a_name_that_looks_like_an_option_is_a_remote() {
    each_repository(|rig| {
        let here = rig.here();
        let one = write_one(&*here, None, "1");
        let evil = "--upload-pack=touch ran; false";
        assert!(here.fetch(evil, STATE).is_err());
        let evil = "--receive-pack=touch ran; false";
        let pushed = here.push(evil, &[swap_of(None, one)]).expect("an answer");
        assert!(matches!(pushed, Pushed::Unreached(_)), "{pushed:?}");
        assert!(!rig.here_dir().join("ran").exists());
    });
}

/// With `clone --filter=blob:none` git leaves records out and fetches them when asked; libgit2
/// cannot, so they were missing.
#[test]
fn a_partial_clone_fetches_whole_states() {
    each_repository(|rig| {
        let hub = rig.hub_dir();
        git(&hub, &["config", "uploadpack.allowFilter", "true"]);
        let here = rig.here();
        let one = write_one(&*here, None, "1");
        assert_eq!(push(&*here, one), Pushed::Moved);
        append(
            &git_dir(&rig.there_dir()).join("config"),
            "[remote \"origin\"]\n\tpromisor = true\n\tpartialclonefilter = blob:none\n",
        );
        let there = rig.there();
        assert_eq!(there.fetch("origin", STATE).expect("a hub"), Some(one));
        git(
            &rig.there_dir(),
            &["remote", "set-url", "origin", "../gone"],
        );
        assert_eq!(texts(&*there, Some(one))["values/x.json"], "1");
    });
}
