//! `init` and `.coordconfig`: from alone to together, and back.

use serde_json::Value;

use crate::support::git::knows;
use crate::support::{Agent, Hub, Sandbox, Shell};

fn tip(shell: &Shell, name: &str) -> String {
    shell.ask_git(["for-each-ref", "--format=%(objectname)", name])
}

/// Everything that `init` could write: the clone's config and its refs.
fn written(shell: &Shell) -> (String, String, Vec<String>) {
    let mut files: Vec<_> = std::fs::read_dir(shell.path().join(".git/coord"))
        .into_iter()
        .flatten()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    (
        shell.read(".git/config"),
        shell.ask_git(["for-each-ref"]),
        files,
    )
}

fn init(agent: &Agent, args: &[&str]) -> Value {
    let args = [&["init", "--json"], args].concat();
    agent.coord(args).ok().json()
}

fn join(agent: &Agent) -> Value {
    init(agent, &["--remote", "origin"])
}

/// Who holds which key.
fn holders(agent: &Agent) -> Vec<String> {
    let locks = agent.coord(["locks", "--json"]).ok().json();
    let line = |lock: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        format!("{} {}", text(&lock["key"]), text(&lock["by"]["agent"]))
    };
    locks["locks"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

/// Commits a `.coordconfig` to the hub's `main`.
fn team_says(hub: &Hub, text: &str) {
    let founder = hub.clone_as("founder");
    founder.commit(".coordconfig", text);
    founder.git(["push", "--quiet"]).ok();
}

#[test]
fn a_first_member_and_a_second() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    insta::assert_snapshot!(alice.coord(["init", "--no-hooks", "--remote", "origin"]), @r"
    exit 0
    --- stdout
    config: coord.remote = origin
    locks are shared through `origin`
    ");
    assert_eq!(join(&bob)["state"]["how"], "empty");
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/a.rs"]).refused();
    assert_eq!(tip(&bob, "refs/coord/state"), tip(&hub, "refs/coord/state"));
}

#[test]
fn twice_changes_nothing() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    join(&alice);
    // The second time also has a copy of what the remote said, as every fetch leaves it.
    join(&alice);
    let before = written(&alice);
    let again = join(&alice);
    assert_eq!(again["state"]["how"], "current");
    assert_eq!(again["config"].as_array().unwrap().len(), 0);
    assert_eq!(written(&alice), before);
    insta::assert_snapshot!(alice.coord(["init", "--no-hooks"]), @r"
    exit 0
    --- stdout
    nothing to do: locks are shared through `origin`, as git's config says
    ");
    assert_eq!(written(&alice), before);
}

#[test]
fn without_a_remote_there_is_nothing_to_do() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let before = written(&alice);
    insta::assert_snapshot!(alice.coord(["init", "--no-hooks"]), @r"
    exit 0
    --- stdout
    nothing to do: locks are shared by the worktrees of this clone
    share them with every clone: git coord init --remote origin
    ");
    assert_eq!(written(&alice), before);
    let refused = alice
        .coord(["init", "--remote", "origin", "--json"])
        .code(2);
    assert_eq!(refused.json()["code"], "usage");
    assert_eq!(written(&alice), before);
}

#[test]
fn the_chain_of_a_clone_becomes_that_of_an_empty_remote() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    let chain = tip(&alice, "refs/coord/state");
    let before = written(&alice);
    assert_eq!(
        init(&alice, &["--remote", "origin", "--dry-run"])["state"]["how"],
        "published"
    );
    assert_eq!(written(&alice), before);
    assert_eq!(tip(&hub, "refs/coord/state"), "");
    assert_eq!(join(&alice)["state"]["how"], "published");
    assert_eq!(tip(&hub, "refs/coord/state"), chain);
    assert_eq!(tip(&alice, "refs/coord/state"), chain);
    assert_eq!(join(&bob)["state"]["how"], "followed");
    bob.coord(["lock", "src/a.rs"]).refused();
}

/// Alice and Bob worked alone, each in a clone of their own; Alice joined first.
fn foreign() -> (Sandbox, Hub, Agent, Agent) {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    alice.coord(["lock", "src/a.rs"]).ok();
    join(&alice);
    bob.coord(["lock", "src/"]).ok();
    bob.coord(["lock", "docs/guide.md"]).ok();
    bob.coord(["lock", "README.md", "--shared"]).ok();
    alice.coord(["lock", "README.md", "--shared"]).ok();
    (sandbox, hub, alice, bob)
}

#[test]
fn two_chains_come_together_without_a_loss() {
    let (_sandbox, hub, alice, bob) = foreign();
    let own = tip(&bob, "refs/coord/state");
    let theirs = tip(&hub, "refs/coord/state");
    let done = bob.coord(["init", "--no-hooks", "--remote", "origin"]);
    insta::assert_snapshot!(done, @r"
    exit 0
    --- stdout
    state: follow the one of `origin`; the one of this clone is kept as refs/coord/local/1
    taken along: 1 session
    lock: README.md is taken along
    lock: docs/guide.md is taken along
    conflict: src/ stays out: `src/a.rs` is locked by alice (session s1) until [time]
    config: coord.remote = origin
    locks are shared through `origin`
    ");
    assert_eq!(tip(&bob, "refs/coord/local/1"), own);
    let tips = (tip(&bob, "refs/coord/state"), tip(&hub, "refs/coord/state"));
    assert_eq!(tips.0, tips.1);
    let span = format!("{theirs}..{}", tips.1);
    assert_eq!(hub.ask_git(["rev-list", "--count", &span]), "1");
    for agent in [&alice, &bob] {
        agent.coord(["sync"]).ok();
        assert_eq!(
            holders(agent),
            [
                "README.md alice",
                "README.md bob",
                "docs/guide.md bob",
                "src/a.rs alice"
            ]
        );
        let report = agent.coord(["log", "--verify", "--json"]).ok().json();
        assert_eq!(report["confirmed"], 3, "{report}");
    }
    alice.coord(["lock", "docs/guide.md"]).refused();
    // And it is done: again there is nothing to do.
    let before = written(&bob);
    let again = init(&bob, &["--no-hooks", "--remote", "origin"]);
    assert_eq!(again["state"]["how"], "current");
    assert_eq!(written(&bob), before);
}

#[test]
fn a_dry_run_tells_all_and_writes_nothing() {
    let (_sandbox, hub, _alice, bob) = foreign();
    let before = (written(&bob), tip(&hub, "refs/coord/state"));
    let told = init(&bob, &["--remote", "origin", "--dry-run"]);
    assert_eq!((written(&bob), tip(&hub, "refs/coord/state")), before);
    let done = join(&bob);
    for told_and_done in ["locks", "kept"] {
        assert_eq!(told["state"][told_and_done], done["state"][told_and_done]);
    }
    assert_eq!(told["state"]["conflicts"][0]["held"], "src/a.rs");
    assert_eq!(told["config"], done["config"]);
}

#[test]
fn a_dry_run_follows_links_as_the_run_does() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    join(&alice);
    join(&bob);
    bob.coord(["lock", "src/b.rs"]).ok();
    for _ in 0..2 {
        alice.coord(["lock", "src/a.rs"]).ok();
        alice.coord(["compact"]).ok();
    }
    let before = written(&bob);
    assert_eq!(init(&bob, &["--dry-run"])["state"]["how"], "followed");
    assert_eq!(written(&bob), before);
    assert_eq!(init(&bob, &[])["state"]["how"], "followed");
}

#[test]
fn an_unreachable_remote_changes_nothing() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    alice
        .git(["remote", "set-url", "origin", "/nowhere/at/all"])
        .ok();
    let before = written(&alice);
    for args in [
        vec!["init", "--remote", "origin"],
        vec!["init", "--remote", "origin", "--dry-run"],
    ] {
        alice.coord(args).code(3);
        assert_eq!(written(&alice), before);
    }
    alice.coord(["lock", "src/b.rs"]).ok();
}

#[test]
fn a_join_that_was_cut_off_goes_on_when_asked_again() {
    let (_sandbox, hub, _alice, bob) = foreign();
    let own = tip(&bob, "refs/coord/state");
    // The fetch works and the push does not: the chain has moved over, its locks are not there yet.
    let url = hub.path().to_str().unwrap().to_owned();
    bob.git(["remote", "set-url", "--push", "origin", "/nowhere/at/all"])
        .ok();
    bob.coord(["init", "--remote", "origin"]).code(3);
    assert_eq!(tip(&bob, "refs/coord/local/1"), own);
    bob.git(["config", "--get", "coord.remote"]).failed();
    bob.git(["remote", "set-url", "--push", "origin", &url])
        .ok();
    let done = join(&bob);
    assert_eq!(done["state"]["how"], "adopted", "{done}");
    assert_eq!(holders(&bob).len(), 4);
    assert_eq!(tip(&bob, "refs/coord/local/2"), "");
    assert_eq!(join(&bob)["state"]["how"], "current");
}

#[test]
fn a_remote_that_lost_what_it_confirmed_is_no_new_remote() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    join(&alice);
    alice.coord(["lock", "src/a.rs"]).ok();
    let first = tip(&alice, "refs/coord/state");
    alice.coord(["lock", "src/b.rs"]).ok();
    let trusted = tip(&alice, "refs/coord/state");
    let moves: [&[&str]; 2] = [
        &["update-ref", "refs/coord/state", &first],
        &["update-ref", "-d", "refs/coord/state"],
    ];
    for lost in moves {
        hub.git(lost).ok();
        let failed = alice
            .coord(["init", "--remote", "origin", "--json"])
            .code(4);
        assert_eq!(failed.json()["code"], "state_rewritten");
        assert_eq!(tip(&alice, "refs/coord/state"), trusted);
        assert_eq!(tip(&alice, "refs/coord/local"), "");
    }
}

#[test]
fn work_done_alone_after_leaving_comes_back_with_the_clone() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    join(&alice);
    alice.coord(["lock", "src/a.rs"]).ok();
    assert_eq!(
        init(&alice, &["--uninstall"])["config"][0]["before"],
        "origin"
    );
    alice.coord(["lock", "src/b.rs"]).ok();
    assert_eq!(join(&alice)["state"]["how"], "published");
    join(&bob);
    bob.coord(["lock", "src/b.rs"]).refused();
    init(&alice, &["--uninstall"]);
    alice.coord(["lock", "docs/guide.md"]).ok();
    bob.coord(["lock", "README.md"]).ok();
    assert_eq!(join(&alice)["state"]["how"], "adopted");
    bob.coord(["lock", "docs/guide.md"]).refused();
}

#[test]
fn uninstall_takes_back_what_was_written_and_no_more() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice
        .git(["remote", "add", "mirror", hub.path().to_str().unwrap()])
        .ok();
    let value = || {
        alice
            .git(["config", "--local", "--get", "coord.remote"])
            .stdout
    };
    // It was not set.
    let before = alice.read(".git/config");
    join(&alice);
    insta::assert_snapshot!(alice.coord(["init", "--no-hooks", "--uninstall", "--dry-run"]), @r"
    exit 0
    --- stdout
    this would be done:
    config: coord.remote is unset (was `origin`)
    ");
    assert_eq!(value(), "origin\n");
    init(&alice, &["--uninstall"]);
    assert_eq!(value(), "");
    assert_eq!(
        alice
            .ask_git(["config", "--local", "--list"])
            .lines()
            .count(),
        before.lines().filter(|line| line.contains('=')).count()
    );
    // It had another value, and was set twice.
    alice.git(["config", "coord.remote", "mirror"]).ok();
    join(&alice);
    join(&alice);
    init(&alice, &["--uninstall"]);
    assert_eq!(value(), "mirror\n");
    // The person set it, so it stays.
    let nothing = init(&alice, &["--uninstall"]);
    assert_eq!(nothing["config"].as_array().unwrap().len(), 0);
    join(&alice);
    alice.git(["config", "coord.remote", "mirror"]).ok();
    init(&alice, &["--uninstall"]);
    assert_eq!(value(), "mirror\n");
}

#[test]
fn a_fresh_clone_with_team_settings_needs_no_set_up() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    team_says(&hub, "[coord]\n\tremote = origin\n");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/a.rs"]).refused();
    let before = written(&bob);
    insta::assert_snapshot!(bob.coord(["init", "--no-hooks"]), @r"
    exit 0
    --- stdout
    nothing to do: locks are shared through `origin`, as `.coordconfig` says
    ");
    assert_eq!(written(&bob), before);
}

#[test]
fn a_clone_that_worked_alone_joins_when_the_team_names_a_remote() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let bob = hub.clone_as("bob");
    bob.coord(["lock", "src/b.rs"]).ok();
    team_says(&hub, "[coord]\n\tremote = origin\n");
    let alice = hub.clone_as("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.git(["pull", "--quiet"]).ok();
    // Two chains: nothing is done behind anybody's back.
    bob.coord(["lock", "docs/guide.md"]).code(4);
    assert_eq!(init(&bob, &[])["state"]["how"], "adopted");
    alice.coord(["lock", "src/b.rs"]).refused();
    bob.git(["config", "--local", "--get", "coord.remote"])
        .failed();
}

#[test]
fn unsafe_team_settings_are_ignored_and_named() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let outside = sandbox.path().join("outside");
    std::fs::write(&outside, "[coord]\n\tref = refs/heads/from-outside\n").unwrap();
    let text = "[coord]\n\tremote = origin\n\tagent = mallory\n\tfsync = false\n\
                [remote \"origin\"]\n\turl = /evil\n[core]\n\tsshCommand = touch /tmp/evil\n";
    team_says(
        &hub,
        &format!("{text}[include]\n\tpath = {}\n", outside.display()),
    );
    let alice = hub.clone_as("alice");
    let done = alice.coord(["init", "--json"]).ok().json();
    let ignored = [
        "coord.agent",
        "coord.fsync",
        "remote.origin.url",
        "core.sshcommand",
        "include.path",
    ];
    assert_eq!(done["ignored"], serde_json::json!(ignored));
    alice.coord(["lock", "src/a.rs"]).ok();
    assert_eq!(tip(&hub, "refs/heads/from-outside"), "");
    assert_ne!(tip(&hub, "refs/coord/state"), "");
    let said = alice.coord(["init"]).ok().stderr;
    assert!(
        said.contains("`coord.agent` in .coordconfig is ignored"),
        "{said}"
    );
}

#[test]
fn a_url_in_team_settings_is_no_remote() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let evil = sandbox.bare("evil");
    team_says(
        &hub,
        &format!("[coord]\n\tremote = {}\n", evil.path().display()),
    );
    let alice = hub.clone_as("alice");
    alice.coord(["lock", "src/a.rs"]).code(2);
    alice.coord(["init"]).code(2);
    assert_eq!(tip(&evil, "refs/coord/state"), "");
    // Git's own config wins, and sets it right.
    join(&alice);
    alice.coord(["lock", "src/a.rs"]).ok();
    assert_ne!(tip(&hub, "refs/coord/state"), "");
}

#[test]
fn settings_of_one_command_are_honoured() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice
        .git(["-c", "coord.remote=origin", "coord", "lock", "src/a.rs"])
        .ok();
    assert_ne!(tip(&hub, "refs/coord/state"), "");
    let counted = alice
        .command(env!("CARGO_BIN_EXE_git-coord"), ["lock", "src/b.rs"])
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "coord.remote")
        .env("GIT_CONFIG_VALUE_0", "origin");
    counted.run().ok();
    assert_eq!(
        hub.ask_git(["rev-list", "--count", "refs/coord/state"]),
        "2"
    );
    // They win over the team's.
    alice.write(".coordconfig", "[coord]\n\tref = refs/heads/team\n");
    alice
        .git([
            "-c",
            "coord.remote=origin",
            "-c",
            "coord.ref=refs/heads/mine",
            "coord",
            "lock",
            "README.md",
        ])
        .code(4);
    let fresh = hub.clone_as("fresh");
    fresh.write(".coordconfig", "[coord]\n\tref = refs/heads/team\n");
    fresh
        .git([
            "-c",
            "coord.remote=origin",
            "-c",
            "coord.ref=refs/heads/mine",
            "coord",
            "lock",
            "README.md",
        ])
        .ok();
    assert_ne!(tip(&hub, "refs/heads/mine"), "");
    assert_eq!(tip(&hub, "refs/heads/team"), "");
}

#[test]
fn the_state_can_be_a_branch_of_the_host() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    hub.refuse_coord_refs();
    team_says(
        &hub,
        "[coord]\n\tremote = origin\n\tref = refs/heads/coord/state\n",
    );
    let alone = hub.clone_as("alone");
    alone.git(["config", "coord.remote", ""]).ok();
    alone.coord(["lock", "docs/guide.md"]).ok();
    alone.git(["config", "--unset", "coord.remote"]).ok();
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    assert_eq!(init(&alone, &[])["state"]["how"], "published");
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/a.rs"]).refused();
    bob.coord(["lock", "src/b.rs"]).ok();
    let news = alice.coord(["sync", "--json"]).ok().json();
    assert_eq!(news["changes"].as_array().unwrap().len(), 1, "{news}");
    assert_eq!(news["changes"][0]["event"]["by"]["agent"], "bob");
    alice.coord(["compact"]).ok();
    bob.coord(["unlock", "--all"]).ok();
    assert_eq!(tip(&hub, "refs/coord"), "");
    let names = hub.ask_git(["for-each-ref", "--format=%(refname)", "refs/heads/coord"]);
    assert_eq!(names, "refs/heads/coord/epoch/1\nrefs/heads/coord/state");
}

#[test]
fn a_chain_with_epochs_of_its_own_makes_room_for_those_of_the_remote() {
    let (_sandbox, hub, alice, bob) = foreign();
    bob.coord(["compact"]).ok();
    let closed = tip(&bob, "refs/coord/epoch/1");
    join(&bob);
    assert_eq!(tip(&bob, "refs/coord/local/1-epoch-1"), closed);
    alice.coord(["compact"]).ok();
    bob.coord(["lock", "src/b.rs"]).ok();
    assert_eq!(
        tip(&bob, "refs/coord/epoch/1"),
        tip(&hub, "refs/coord/epoch/1")
    );
}

#[test]
fn two_chains_come_together_in_every_format_of_git() {
    for options in [["--ref-format=reftable"], ["--object-format=sha256"]] {
        if !knows(&options) {
            continue;
        }
        let sandbox = Sandbox::new();
        let hub = sandbox.bare_with("hub", &options);
        let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
        alice.coord(["lock", "src/a.rs"]).ok();
        bob.coord(["lock", "src/b.rs"]).ok();
        join(&alice);
        assert_eq!(
            init(&bob, &["--remote", "origin", "--dry-run"])["state"]["how"],
            "adopted"
        );
        assert_eq!(join(&bob)["state"]["how"], "adopted");
        assert_eq!(holders(&bob), ["src/a.rs alice", "src/b.rs bob"]);
        assert_eq!(join(&bob)["state"]["how"], "current");
    }
}

#[test]
fn locks_of_many_are_brought_in_portions() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    join(&alice);
    alice.coord(["lock", "src/a.rs"]).ok();
    let keys: Vec<String> = (100..230).map(|n| format!("docs/{n}.md")).collect();
    let args: Vec<&str> = std::iter::once("lock")
        .chain(keys.iter().map(String::as_str))
        .collect();
    bob.coord(args).ok();
    assert_eq!(join(&bob)["state"]["locks"], serde_json::json!(keys));
    assert_eq!(holders(&alice).len(), 1);
    alice.coord(["sync"]).ok();
    assert_eq!(holders(&alice).len(), 131);
    let report = alice.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(report["confirmed"], report["commits"], "{report}");
}

#[test]
fn hooks_are_installed_and_taken_out_with_the_rest() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("alone").agent("alice");
    let would = alice.coord(["init", "--dry-run"]).ok().stdout;
    assert!(would.contains("hooks: install"), "{would}");
    let fires = |agent: &Agent| {
        let listed = agent.coord(["--json", "hooks", "list"]).ok().json();
        let hooks = listed["hooks"].as_array().unwrap().clone();
        hooks.iter().filter(|hook| hook["fires"] == true).count()
    };
    assert_eq!(fires(&alice), 0, "a dry run writes nothing");
    alice.coord(["init"]).ok();
    assert_eq!(fires(&alice), 6);
    alice.beside("bob").coord(["lock", "src/"]).ok();
    alice.write("src/lib.rs", "changed\n");
    alice.git(["add", "."]).ok();
    alice
        .git(["commit", "--quiet", "-m", "on a held path"])
        .failed();
    alice.coord(["init", "--uninstall"]).ok();
    assert_eq!(fires(&alice), 0);
    alice.git(["commit", "--quiet", "-m", "unguarded"]).ok();
}
