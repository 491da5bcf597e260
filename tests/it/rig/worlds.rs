//! Sandboxes, repositories and their people.

use crate::support::git::knows;
use crate::support::{Sandbox, Shell};

#[test]
fn a_command_sees_the_pinned_environment_and_nothing_else() {
    let sandbox = Sandbox::new();
    let agent = sandbox.repo("project").agent("alice");
    let printed = agent.command("env", None::<&str>).run().ok().stdout;
    let mut lines: Vec<_> = printed
        .lines()
        .filter(|line| !line.starts_with("PATH="))
        .collect();
    lines.sort_unstable();
    let lines = lines
        .join("\n")
        .replace(agent.sandbox().to_str().unwrap(), "[sandbox]");
    insta::assert_snapshot!(lines, @r"
    COORD_AGENT=alice
    COORD_SESSION=s1
    GIT_CONFIG_GLOBAL=[sandbox]/home/gitconfig
    GIT_CONFIG_NOSYSTEM=1
    GIT_TERMINAL_PROMPT=0
    HOME=[sandbox]/home
    LC_ALL=C
    TMPDIR=[sandbox]/tmp
    TZ=UTC
    ");
}

#[test]
fn git_finds_the_built_program() {
    let sandbox = Sandbox::new();
    let found = sandbox
        .command("sh", ["-c", "command -v git-coord"])
        .run()
        .ok();
    assert_eq!(found.stdout.trim_end(), env!("CARGO_BIN_EXE_git-coord"));
    let repo = sandbox.repo("project");
    assert_eq!(
        repo.coord(["--version"]).ok().stdout,
        repo.git(["coord", "--version"]).ok().stdout,
    );
}

#[test]
fn a_repository_starts_with_the_same_commit_everywhere() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let agent = sandbox.bare("hub").clone_as("alice");
    for place in [&*repo, &*agent] {
        assert_eq!(
            place
                .ask_git(["status", "--porcelain", "--branch"])
                .lines()
                .count(),
            1
        );
        assert_eq!(place.read("src/a.rs"), "fn a() {}\n");
    }
    let tip = |place: &Shell| place.ask_git(["rev-parse", "refs/heads/main"]);
    assert_eq!(tip(&repo), tip(&agent));
    // Written out, so that a change of the fixture shows here and not in a hundred snapshots.
    assert_eq!(tip(&repo), "fb6d073c6242bcf0d4a3c3665df5ba5d7af282c9");
}

#[test]
fn init_options_make_repositories_of_other_formats() {
    let sandbox = Sandbox::new();
    let options = ["--ref-format=reftable"];
    if knows(&options) {
        let reftable = sandbox.repo_with("reftable", &options);
        let format = reftable.ask_git(["rev-parse", "--show-ref-format"]);
        assert_eq!(format, "reftable");
    }
    let hub = sandbox.bare_with("hub", &["--object-format=sha256"]);
    let alice = hub.clone_as("alice");
    assert_eq!(alice.commit("src/new.rs", "").len(), 64);
    alice.git(["push", "--quiet"]).ok();
}

#[test]
fn identity_follows_into_sessions_and_work_trees() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let who = |shell: &Shell| {
        let script = "echo $COORD_AGENT $COORD_SESSION $(git branch --show-current)";
        shell
            .command("sh", ["-c", script])
            .run()
            .ok()
            .stdout
            .trim_end()
            .to_owned()
    };
    assert_eq!(who(&alice), "alice s1 main");
    assert_eq!(who(&alice.session("s2")), "alice s2 main");
    assert_eq!(who(&alice.beside("bob")), "bob s1 main");
    let worktree = alice.session("s2").worktree("fix");
    assert_eq!(who(&worktree), "alice s2 fix");
    assert_eq!(worktree.name(), "alice");
    assert_ne!(worktree.path(), alice.path());
}
