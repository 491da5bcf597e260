//! Who says what is run, and what it sees.

use std::fs;

use serde_json::json;

use super::{Check, alice, log_of};
use crate::support::Sandbox;

#[test]
fn an_entry_has_no_say_in_what_is_run() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let evil = sandbox.path().join("evil");
    let tip = alice.commit(
        ".coordconfig",
        "[coord]\n\tcheck = echo the target\n\tcheck = test -f .coordconfig\n\tcheckTimeout = 2h\n",
    );
    let file = format!(
        "[coord]\n\tcheck = touch {0}\n\tcheckTimeout = 1s\n\tpool = {0}-pool\n",
        evil.display()
    );
    // In the entry, in the working tree, and in the clone's config.
    let entry = alice.commit(".coordconfig", &file);
    let touch = format!("touch {}", evil.display());
    alice.git(["config", "coord.check", &touch]).ok();
    let told = Check::at(&alice, &entry, &[])
        .for_target(&tip)
        .ends("passed");
    assert_eq!(told["shown"], "echo the target && test -f .coordconfig");
    assert!(log_of(&told).contains("\nthe target\n"));
    assert!(!evil.exists() && !evil.with_file_name("evil-pool").exists());
    // What is typed goes before it.
    let told = Check::at(&alice, &entry, &["true"])
        .for_target(&tip)
        .ends("passed");
    assert_eq!(told["shown"], "true");
    // It would have been run, had the target said so.
    Check::at(&alice, &entry, &[]).ends("passed");
    assert!(evil.exists());
}

#[test]
fn a_target_that_says_nothing_has_no_check() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    Check::of(&alice, &[]).refused("no check is set");
    Check::of(&alice, &[" "]).refused("blank");
    alice.write("elsewhere", "[coord]\n\tcheck = true\n");
    std::os::unix::fs::symlink("elsewhere", alice.path().join(".coordconfig")).unwrap();
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "--message", "link"]).ok();
    Check::of(&alice, &[]).refused("no check is set");
    fs::remove_file(alice.path().join(".coordconfig")).unwrap();
    alice.commit(".coordconfig", "[include]\n\tpath = elsewhere\n");
    Check::of(&alice, &[]).refused("no check is set");
    alice.commit(".coordconfig", "[coord\n");
    // Here it can be read.
    alice.write(".coordconfig", "");
    Check::of(&alice, &[]).refused("config");
    alice.commit(
        ".coordconfig",
        "[coord]\n\tcheck = true\n\tcheckTimeout = soon\n",
    );
    Check::of(&alice, &[]).refused("soon");
    let large = format!("[coord]\n\tcheck = true\n# {}\n", "x".repeat(70_000));
    alice.commit(".coordconfig", &large);
    Check::of(&alice, &[]).refused("bytes");
}

#[test]
fn what_the_team_says_about_its_tools_makes_another_check() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let check = |file: &str| {
        alice.commit(".coordconfig", file);
        Check::of(&alice, &[]).ends("passed")["check"].clone()
    };
    let plain = check("[coord]\n\tcheck = true\n");
    assert_eq!(
        plain,
        check("[coord]\n\tcheck = true\n\tcheckTimeout = 5m\n")
    );
    assert_ne!(
        plain,
        check("[coord]\n\tcheck = true\n\tcheckEnvironment = rust 1.90\n")
    );
    assert_ne!(plain, check("[coord]\n\tcheck = true\n\tcheck = true\n"));
}

#[test]
fn the_environment_is_a_short_list() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.commit(
        ".coordconfig",
        "[coord]\n\tcheck = env -0 | sort -z | tr '\\\\0' '\\\\n'\n\tcheckEnv = TOOL_HOME\n",
    );
    let git_dir = alice.path().join(".git");
    let outcome = Check::of(&alice, &[])
        .prepared()
        .env("GIT_DIR", &git_dir)
        .env("GIT_WORK_TREE", alice.path())
        .env("GIT_INDEX_FILE", git_dir.join("other-index"))
        .env("GIT_AUTHOR_NAME", "Somebody")
        .env("GIT_COORD_ENTRIES", "forged")
        .env("SSH_AUTH_SOCK", "/agent")
        .env("DEPLOY_TOKEN", "t")
        .env("LC_TIME", "C")
        .env("LANG", "C")
        .env("TOOL_HOME", "/tool")
        .run();
    let told = super::told(&outcome);
    assert_eq!(told["outcome"], "passed", "{told:#}");
    let log = log_of(&told);
    let vars: Vec<(&str, &str)> = log
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    // The shell adds where it is.
    let names: Vec<&str> = vars
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name))
        .collect();
    let wanted = [
        "GIT_COORD_CHECK",
        "GIT_COORD_ENTRIES",
        "GIT_COORD_SLOT",
        "GIT_COORD_TARGET",
        "GIT_TERMINAL_PROMPT",
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_TIME",
        "PATH",
        "TMPDIR",
        "TOOL_HOME",
        "TZ",
    ];
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    assert_eq!(names, wanted, "{log}");
    for pair in [
        ("GIT_COORD_CHECK", "1"),
        ("GIT_COORD_TARGET", "main"),
        ("GIT_COORD_ENTRIES", "one two"),
        ("TOOL_HOME", "/tool"),
    ] {
        assert!(vars.contains(&pair), "{pair:?} in {log}");
    }
    // The index that the environment named is that of nobody.
    assert!(!git_dir.join("other-index").exists());
}

#[test]
fn only_the_runner_gives_credentials_away() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let script = "test \"$DEPLOY_TOKEN\" = t";
    alice.commit(".coordconfig", "[coord]\n\tcheckEnv = DEPLOY_TOKEN\n");
    Check::of(&alice, &[script]).refused("`DEPLOY_TOKEN`");
    alice.commit(".coordconfig", "[coord]\n\tcheckEnv = A=B\n");
    Check::of(&alice, &[script]).refused("`A=B`");
    alice.commit(".coordconfig", "");
    alice.git(["config", "coord.checkEnv", "DEPLOY_TOKEN"]).ok();
    let outcome = Check::of(&alice, &[script])
        .prepared()
        .env("DEPLOY_TOKEN", "t")
        .run();
    assert_eq!(super::told(&outcome)["outcome"], json!("passed"));
}
