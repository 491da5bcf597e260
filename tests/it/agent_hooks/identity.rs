//! Commands that an agent runs, and its hooks, are one session.

use serde_json::json;

use crate::support::{Sandbox, Shell};

use super::{World, hook};

fn whoami(shell: &Shell) -> (String, String) {
    let who = shell.coord(["--json", "whoami"]).ok().json();
    let text = |field: &str| who[field].as_str().unwrap().to_owned();
    (
        format!("{}/{}", text("agent"), text("session")),
        text("session_from"),
    )
}

const UNDER: &str = "the hooks of the coding agent that this runs under";

#[test]
fn a_command_that_is_told_nothing_finds_its_agent() {
    let world = World::new();
    let plain: &Shell = &world.repo;
    assert_eq!(whoami(plain).1, "this worktree on this machine");
    let begin = |session: &str| {
        let input = json!({"sessionId": session, "cwd": world.path(""), "source": "new"});
        hook(plain, &["copilot", "sessionStart"], &input).ok();
    };
    begin("first");
    let (first, from) = whoami(plain);
    assert_eq!(from, UNDER);
    assert!(
        first.starts_with("copilot.project@") && first.contains("/s-"),
        "{first}"
    );
    // The latest counts, and who is named by a variable is who is named there.
    begin("second");
    let (second, _) = whoami(plain);
    assert_ne!(first, second);
    let named = plain.clone().with("COORD_SESSION", "mine");
    assert!(whoami(&named).0.ends_with("/mine"));
    let other = plain.clone().with("COORD_AGENT", "carol");
    assert_eq!(whoami(&other).1, "this worktree on this machine");
    let same = plain
        .clone()
        .with("COORD_AGENT", second.split('/').next().unwrap());
    assert_eq!(whoami(&same), (second, UNDER.to_owned()));
    let own = plain
        .clone()
        .with("CLAUDECODE", "1")
        .with("CLAUDE_CODE_SESSION_ID", "first");
    assert_eq!(whoami(&own).1, "the variable CLAUDE_CODE_SESSION_ID");
}

#[test]
fn hooks_and_the_variable_of_an_agent_name_the_same_session() {
    let world = World::new();
    let input = world.claude("SessionStart", json!({"source": "startup"}));
    hook(&world.repo, &["claude"], &input).ok();
    let id = input["session_id"].as_str().unwrap();
    let command = (*world.repo)
        .clone()
        .with("CLAUDECODE", "1")
        .with("CLAUDE_CODE_SESSION_ID", id);
    command.coord(["lock", "src/a.rs"]).ok();
    let edit = world.claude(
        "PreToolUse",
        json!({"tool_name": "Edit", "tool_input": {"file_path": "src/a.rs"}}),
    );
    assert_eq!(hook(&world.repo, &["claude"], &edit).stdout, "");
    // It stays who it is where it goes.
    let tree = world.alice.worktree("topic");
    let edit = world.claude(
        "PreToolUse",
        json!({"cwd": tree.path(), "tool_name": "Edit", "tool_input": {"file_path": "src/a.rs"}}),
    );
    assert_eq!(
        hook(&(*world.repo).clone().at(tree.path()), &["claude"], &edit).stdout,
        ""
    );
}

#[test]
fn the_nearest_agent_counts() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    repo.agent("alice").coord(["lock", "src/auth.rs"]).ok();
    // Programs that are called neither like a shell nor like git.
    let shell = repo
        .path_dirs()
        .map(|dir| dir.join("sh"))
        .find(|file| file.is_file())
        .unwrap();
    for name in ["outer", "inner"] {
        std::fs::copy(shell.canonicalize().unwrap(), sandbox.path().join(name)).unwrap();
    }
    let session = |id: &str| {
        let input =
            json!({"session_id": id, "cwd": repo.path(), "hook_event_name": "UserPromptSubmit"});
        format!("printf '%s' '{input}' | git-coord hook codex; git-coord whoami")
    };
    let (outer, inner) = (sandbox.path().join("outer"), sandbox.path().join("inner"));
    let script = format!(
        "{}; {} -c \"$1\"; sh -c 'git coord whoami'; {} -c 'git coord whoami; true'",
        session("out"),
        inner.display(),
        inner.display(),
    );
    let args = ["-c", &script, "outer", &session("in")];
    let told = repo.command(outer, args).run().ok().stdout;
    let sessions: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("session"))
        .collect();
    let [out, within, shell, beside] = sessions.as_slice() else {
        panic!("{told}");
    };
    assert!(out != within && out == shell && out == beside, "{told}");
    assert!(told.contains(UNDER), "{told}");
    // Both are gone, and with the next note so are theirs.
    let notes = || {
        let files = std::fs::read_dir(repo.path().join(".git/coord/agents")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains('-')).count()
    };
    assert_eq!(notes(), 2);
    hook(
        &repo,
        &["codex"],
        &json!({"session_id": "x", "cwd": repo.path(), "hook_event_name": "UserPromptSubmit"}),
    )
    .ok();
    assert_eq!(notes(), 1);
}

#[test]
fn an_agent_that_another_one_starts_does_not_give_its_locks_back() {
    let world = World::new();
    let file = world.repo.sandbox().join("env.sh");
    let outer = (*world.repo).clone().with("CLAUDE_ENV_FILE", &file);
    let start = world.claude("SessionStart", json!({"source": "startup"}));
    hook(&outer, &["claude"], &start).ok();
    // What its shell knows from then on.
    let mut shell = (*world.repo).clone();
    for line in std::fs::read_to_string(&file).unwrap().lines() {
        let (name, value) = line.split_once('=').unwrap();
        let name = name.strip_prefix("export ").unwrap();
        shell = shell.with(name, value.trim_matches('\''));
    }
    shell.coord(["lock", "src/a.rs"]).ok();
    let is_locked = || {
        world
            .locks()
            .iter()
            .any(|lock| lock.starts_with("src/a.rs "))
    };
    for event in ["SessionStart", "SessionEnd"] {
        let inner = json!({"session_id": "inner", "cwd": world.path(""), "hook_event_name": event});
        hook(&shell, &["claude"], &inner).ok();
        assert!(is_locked(), "{event}");
    }
    // Its own end is.
    hook(&shell, &["claude"], &world.claude("SessionEnd", json!({}))).ok();
    assert!(!is_locked());
}

#[test]
fn with_the_variables_of_two_agents_the_nearer_one_counts() {
    let world = World::new();
    let inner = (*world.repo)
        .clone()
        .with("CLAUDECODE", "1")
        .with("CLAUDE_CODE_SESSION_ID", "outer")
        .with("CODEX_THREAD_ID", "inner");
    let exported = inner
        .clone()
        .with("COORD_AGENT", "outer")
        .with("COORD_SESSION", "s-0123456789")
        .with("COORD_SESSION_OF", "0123456789");
    for shell in [&inner, &exported] {
        let prompt = json!({"session_id": "inner", "cwd": world.path(""), "hook_event_name": "UserPromptSubmit"});
        hook(shell, &["codex"], &prompt).ok();
        let (who, from) = whoami(shell);
        assert!(who.starts_with("codex.project@"), "{who}");
        assert_eq!(from, UNDER);
    }
    // Who says something else there is that.
    let own = exported
        .with("COORD_AGENT", "carol")
        .with("COORD_SESSION", "mine");
    assert_eq!(whoami(&own).0, "carol/mine");
}

#[test]
fn a_tool_of_git_coord_tells_which_session_of_a_process_asks() {
    let world = World::new();
    let plain: &Shell = &world.repo;
    let fires = |session: &str, event: &str| {
        let input = json!({"session_id": session, "cwd": world.path(""), "hook_event_name": event,
            "tool_name": "mcp__git-coord__lock", "tool_input": {"keys": ["a"]}});
        assert_eq!(hook(plain, &["claude"], &input).stdout, "");
    };
    fires("first", "UserPromptSubmit");
    let (first, _) = whoami(plain);
    fires("second", "UserPromptSubmit");
    let (second, _) = whoami(plain);
    assert_ne!(first, second);
    fires("first", "PreToolUse");
    assert_eq!(whoami(plain).0, first);
}
