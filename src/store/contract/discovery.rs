//! Finding the repository as git would: from subdirectories, worktrees, bare ones and in hooks.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::each_repository;
use super::rig::{Kind, git, git_dir, move_state, open, write_one};
use crate::store::names::STATE;
use crate::store::{Backend, Error, Repo};

fn real(path: &Path) -> PathBuf {
    path.canonicalize().expect("an existing path")
}

/// The same state and the same lock, wherever one stands.
fn assert_same_clone(at: &Path, dir: &Path) {
    let repo = open(at);
    assert_eq!(real(&repo.layout().common_dir), real(&git_dir(dir)));
    assert_eq!(
        real(&repo.layout().common_dir.join("coord")),
        real(&repo.coord_dir())
    );
    let tip = open(dir).tip(STATE).expect("an answer");
    assert!(tip.is_some());
    assert_eq!(repo.tip(STATE).expect("an answer"), tip);
    let next = write_one(&repo, tip, &at.display().to_string());
    move_state(&repo, tip, next);
    assert_eq!(open(dir).tip(STATE).expect("an answer"), Some(next));
    let _guard = open(dir).lock(super::rig::PATIENCE).expect("the lock");
}

#[test]
fn every_place_of_a_clone_leads_to_one_state() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        move_state(&*backend, None, one);
        git(
            &dir,
            &["commit", "--quiet", "--allow-empty", "--message=work"],
        );
        git(&dir, &["worktree", "add", "--quiet", "../linked"]);
        let sub = dir.join("sub dir/ünter");
        std::fs::create_dir_all(&sub).expect("a directory");
        let linked = dir.with_file_name("linked");
        for at in [
            &dir,
            &sub,
            &linked,
            &dir.join(".git"),
            &dir.join(".git/refs"),
        ] {
            assert_same_clone(at, &dir);
        }
        assert_eq!(
            open(&linked).layout().work_dir.as_deref().map(real),
            Some(real(&linked))
        );
        assert_eq!(
            open(&sub).layout().work_dir.as_deref().map(real),
            Some(real(&dir))
        );
        assert!(open(&linked).layout().git_dir.ends_with("worktrees/linked"));
    });
}

#[test]
fn a_bare_repository_has_a_state_too() {
    each_repository(|rig| {
        let hub = rig.hub_dir();
        let repo = open(&hub);
        assert_eq!(repo.layout().work_dir, None);
        let one = write_one(&repo, None, "1");
        move_state(&repo, None, one);
        assert_eq!(rig.hub_tip(STATE), Some(one));
        assert_same_clone(&hub.join("refs"), &hub);
    });
}

#[test]
fn the_format_decides_the_backend() {
    each_repository(|rig| {
        let repo = open(&rig.here_dir());
        assert_eq!(repo.lib().is_some(), rig.kind == Kind::Lib);
        assert_eq!(repo.layout().is_reftable, rig.is_reftable());
        assert_eq!(repo.hash().id_bytes() == 32, rig.kind == Kind::Sha256);
    });
}

#[test]
fn outside_of_a_repository_there_is_none() {
    let dir = tempfile::TempDir::new().expect("a temporary directory");
    match Repo::discover(dir.path()) {
        Err(Error::NoRepository { at }) => assert_eq!(at, dir.path()),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("there is none"),
    }
}

/// A branch of that name is no state: git would take it for one where a ref is given in short.
#[test]
fn a_branch_called_like_the_state_is_not_the_state() {
    each_repository(|rig| {
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        let branch = format!("refs/heads/{STATE}");
        git(&rig.here_dir(), &["update-ref", &branch, &one.to_string()]);
        assert_eq!(backend.tip(STATE).expect("an answer"), None);
        assert_eq!(rig.here().tip(STATE).expect("an answer"), None);
        let two = write_one(&*backend, None, "2");
        move_state(&*backend, None, two);
        assert_eq!(backend.tip(STATE).expect("an answer"), Some(two));
    });
}

const CHILD: &str = "GIT_COORD_TEST_EXPECTS";

/// Runs one test of this file in a process of its own, with that environment.
fn in_child(test: &str, at: &Path, env: &[(&str, &str)]) -> (bool, String) {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args([
            "--exact",
            &format!("store::contract::discovery::{test}"),
            "--nocapture",
        ])
        .current_dir(at)
        .envs(env.iter().copied())
        .output()
        .expect("this program again");
    let words = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}

/// The child's part of the tests below: does the repository found here have the state?
#[test]
fn child_finds_the_expected_state() {
    let Some(expected) = std::env::var_os(CHILD) else {
        return;
    };
    let at = std::env::current_dir().expect("a directory");
    let repo = match Repo::discover(&at) {
        Ok(repo) => repo,
        Err(why) => panic!("refused: {why}"),
    };
    let tip = repo.tip(STATE).expect("an answer").expect("a state");
    assert_eq!(tip.to_string(), expected.to_string_lossy());
    let next = write_one(&repo, Some(tip), "by the child");
    move_state(&repo, Some(tip), next);
    assert_eq!(repo.tip(STATE).expect("an answer"), Some(next));
    move_state(&repo, Some(next), tip);
}

#[test]
fn in_a_hook_gits_variables_name_the_repository() {
    each_repository(|rig| {
        let (dir, other) = (rig.here_dir(), rig.there_dir());
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        move_state(&*backend, None, one);
        let expected = (CHILD, &*one.to_string());
        let test = "child_finds_the_expected_state";
        let index = dir.join(".git/index");
        let index = ("GIT_INDEX_FILE", &*index.to_string_lossy());
        // As in `pre-commit`: relative to where the hook starts.
        let env = [expected, ("GIT_DIR", ".git"), index, ("GIT_PREFIX", "")];
        let (ok, words) = in_child(test, &dir, &env);
        assert!(ok, "{words}");
        // As with `git --git-dir=… coord`, from within another repository.
        let named = dir.join(".git");
        let named = ("GIT_DIR", &*named.to_string_lossy());
        let (ok, words) = in_child(test, &other, &[expected, named]);
        assert!(ok, "{words}");
        let tree = ("GIT_WORK_TREE", &*dir.to_string_lossy());
        let (ok, words) = in_child(test, &other, &[expected, named, tree]);
        assert!(ok, "{words}");
        // As in `post-receive`: the git directory itself, under that name.
        let env = [expected, ("GIT_DIR", ".")];
        let (ok, words) = in_child(test, &dir.join(".git"), &env);
        assert!(ok, "{words}");
    });
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_owner_is_refused_in_gits_words() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let somebody = 54321;
        let give = |path: &Path| std::os::unix::fs::chown(path, Some(somebody), None);
        if give(&dir).and_then(|()| give(&dir.join(".git"))).is_err() {
            // Only root can give files away; everybody else cannot set this scene.
            return;
        }
        let global = [
            (CHILD, ""),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("HOME", "/nonexistent"),
        ];
        let (ok, words) = in_child("child_finds_the_expected_state", &dir, &global);
        assert!(!ok);
        assert!(words.contains("dubious ownership"), "{words}");
        assert!(words.contains("safe.directory"), "{words}");
    });
}

/// libgit2 does not know this protection against bare repositories hidden in a checkout.
#[test]
fn a_bare_repository_that_git_refuses_is_refused() {
    each_repository(|rig| {
        let hub = rig.hub_dir();
        let repo = open(&hub);
        let one = write_one(&repo, None, "1");
        move_state(&repo, None, one);
        let env = [
            (CHILD, &*one.to_string()),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.bareRepository"),
            ("GIT_CONFIG_VALUE_0", "explicit"),
        ];
        let (ok, words) = in_child("child_finds_the_expected_state", &hub, &env);
        assert!(!ok);
        assert!(words.contains("safe.bareRepository"), "{words}");
        let named = [&env[..], &[("GIT_DIR", ".")]].concat();
        let (ok, words) = in_child("child_finds_the_expected_state", &hub, &named);
        assert!(ok, "{words}");
    });
}
