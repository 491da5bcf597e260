//! `init --agent`: the files by which coding agents find git-coord, among what people have in them.

mod answers;
mod doctor;
mod packages;
mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::Value;

use crate::support::{Agent, Sandbox, Shell};

const AGENTS: [&str; 7] = [
    "claude", "codex", "gemini", "cursor", "copilot", "opencode", "aider",
];

fn alice(sandbox: &Sandbox) -> Agent {
    sandbox.repo("project").agent("alice")
}

fn init(agent: &Agent, args: &[&str]) -> Value {
    let args = [&["init", "--no-hooks", "--json"], args].concat();
    agent.coord(args).ok().json()
}

/// What became of each file.
fn did(answer: &Value) -> BTreeMap<String, String> {
    let files = answer["wired"]["files"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    files
        .iter()
        .map(|file| (text(&file["path"]), text(&file["did"])))
        .collect()
}

/// All files, directories and links of a working tree, with what is in them.
fn tree(shell: &Shell) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    collect(shell.path(), shell.path(), &mut found);
    found
}

fn collect(top: &Path, dir: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
        let meta = path.symlink_metadata().unwrap();
        if name == ".git" {
            continue;
        } else if meta.is_symlink() {
            let to = fs::read_link(&path).unwrap();
            found.insert(name, to.to_str().unwrap().into());
        } else if meta.is_dir() {
            found.insert(format!("{name}/"), Vec::new());
            collect(top, &path, found);
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}

#[test]
fn the_files_of_one_agent_and_what_is_to_do_then() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    insta::assert_snapshot!(alice.coord(["init", "--no-hooks", "--agent", "claude"]), @r"
    exit 0
    --- stdout
    created     AGENTS.md
    created     .mcp.json
    created     .claude/settings.json
    created     .claude/skills/git-coord/SKILL.md
    created     CLAUDE.md
    now, for claude: start `claude` here and trust the folder; approve the MCP server `git-coord` when it asks (`/mcp`), and see the hooks with `/hooks`
    commit these files, so that everybody has them
    ");
    insta::assert_snapshot!(alice.coord(["init", "--no-hooks", "--agent", "claude"]), @r"
    exit 0
    --- stdout
    unchanged   AGENTS.md
    unchanged   .mcp.json
    unchanged   .claude/settings.json
    unchanged   .claude/skills/git-coord/SKILL.md
    unchanged   CLAUDE.md
    nothing to do
    now, for claude: start `claude` here and trust the folder; approve the MCP server `git-coord` when it asks (`/mcp`), and see the hooks with `/hooks`
    ");
    insta::assert_snapshot!(alice.coord(["init", "--agent", "claude", "--uninstall"]), @r"
    exit 0
    --- stdout
    removed     AGENTS.md
    removed     .mcp.json
    removed     .claude/settings.json
    removed     .claude/skills/git-coord/SKILL.md
    removed     CLAUDE.md
    ");
}

#[test]
fn every_agent_twice_is_once_and_out_again_is_nothing() {
    for agent in AGENTS.iter().chain(&["all", "claude,gemini"]) {
        let sandbox = Sandbox::new();
        let alice = alice(&sandbox);
        let before = tree(&alice);
        let args = ["--agent", agent];
        let planned = init(&alice, &[&args[..], &["--dry-run"]].concat());
        assert_eq!(tree(&alice), before, "{agent}: a dry run wrote something");
        let first = init(&alice, &args);
        assert_eq!(did(&first), did(&planned));
        assert!(
            did(&first).values().all(|did| did == "created"),
            "{first:#}"
        );
        assert!(!first["wired"]["steps"].as_array().unwrap().is_empty());
        let with = tree(&alice);
        for path in did(&first).keys() {
            assert!(with.contains_key(path), "{path}");
        }
        let again = init(&alice, &args);
        assert!(
            did(&again).values().all(|did| did == "unchanged"),
            "{again:#}"
        );
        assert_eq!(tree(&alice), with);
        let planned = init(&alice, &[&args[..], &["--uninstall", "--dry-run"]].concat());
        assert_eq!(tree(&alice), with, "{agent}: a dry run took something out");
        let out = init(&alice, &[&args[..], &["--uninstall"]].concat());
        assert_eq!(did(&out), did(&planned));
        assert!(did(&out).values().all(|did| did == "removed"), "{out:#}");
        assert_eq!(tree(&alice), before, "{agent}");
    }
}

#[test]
fn what_people_wrote_comes_back_byte_for_byte() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    for (path, text) in texts::THEIRS {
        alice.write(path, text);
    }
    let before = tree(&alice);
    for wish in [&[][..], &["--fail-closed"]] {
        let first = init(&alice, &[&["--agent", "all"], wish].concat());
        for (path, _) in texts::THEIRS.iter().filter(|_| wish.is_empty()) {
            assert_eq!(did(&first)[*path], "merged", "{first:#}");
        }
        let with = tree(&alice);
        init(&alice, &[&["--agent", "all"], wish].concat());
        assert_eq!(tree(&alice), with);
    }
    init(&alice, &["--agent", "all", "--uninstall"]);
    assert_eq!(tree(&alice), before);
    // In another clone nobody remembers what was there: piece by piece it is the same.
    init(&alice, &["--agent", "all"]);
    fs::remove_file(alice.path().join(".git/coord/wired.json")).unwrap();
    init(&alice, &["--agent", "all", "--uninstall"]);
    let after = tree(&alice);
    for (path, text) in texts::THEIRS {
        let now = String::from_utf8(after[*path].clone()).unwrap();
        let is_lossy = texts::LOSSY.contains(path);
        assert!(is_lossy || now == *text, "{path}:\n{now}");
    }
}

#[test]
fn what_came_later_stays_when_ours_goes() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let before = tree(&alice);
    init(&alice, &["--agent", "all"]);
    let edit = |path: &str, from: &str, to: &str| {
        let text = alice.read(path);
        assert!(text.contains(from), "{path}: {text}");
        alice.write(path, &text.replacen(from, to, 1));
    };
    edit(
        ".mcp.json",
        "{\n  \"mcpServers\": {",
        "{\n  \"mcpServers\": {\n    \"db\": {},",
    );
    edit(
        ".cursor/hooks.json",
        "\"stop\": [",
        "\"stop\": [\n      { \"command\": \"./bell\" },",
    );
    edit(
        ".codex/config.toml",
        "# git-coord:begin",
        "model = \"o\"\n\n# git-coord:begin",
    );
    edit(
        ".aider.conf.yml",
        "# git-coord:end\n",
        "# git-coord:end\nmodel: o\n",
    );
    edit(
        "AGENTS.md",
        "<!-- git-coord:end -->\n",
        "<!-- git-coord:end -->\n\nBe brief.\n",
    );
    let out = init(&alice, &["--agent", "all", "--uninstall"]);
    assert_eq!(did(&out)[".mcp.json"], "taken-out", "{out:#}");
    let mut left = tree(&alice);
    left.retain(|path, _| !before.contains_key(path));
    let files: Vec<&String> = left.keys().filter(|path| !path.ends_with('/')).collect();
    assert_eq!(
        files,
        [
            ".aider.conf.yml",
            ".codex/config.toml",
            ".cursor/hooks.json",
            ".mcp.json",
            "AGENTS.md"
        ]
        .iter()
        .collect::<Vec<_>>()
    );
    for (path, bytes) in left {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("git-coord"), "{path}: {text}");
    }
    assert_eq!(alice.read("AGENTS.md"), "\nBe brief.\n");
    assert_eq!(alice.read(".codex/config.toml"), "model = \"o\"\n");
}

#[test]
fn one_agent_goes_and_the_others_keep_what_they_share() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    init(&alice, &["--agent", "claude,copilot"]);
    let out = init(&alice, &["--agent", "claude", "--uninstall"]);
    assert_eq!(did(&out)[".mcp.json"], "unchanged");
    assert_eq!(did(&out)["AGENTS.md"], "unchanged");
    assert_eq!(did(&out)[".claude/settings.json"], "removed");
    assert!(!alice.path().join(".claude").exists());
    let again = init(&alice, &["--agent", "copilot"]);
    assert!(
        did(&again).values().all(|did| did == "unchanged"),
        "{again:#}"
    );
    init(&alice, &["--agent", "copilot", "--uninstall"]);
    assert!(!alice.path().join(".mcp.json").exists());
}

#[test]
fn what_cannot_be_read_is_named_with_what_to_add() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.write(".mcp.json", "{\"mcpServers\": {,}}\n");
    alice.write(".claude/skills/git-coord/SKILL.md", "mine\n");
    fs::write(alice.path().join("CLAUDE.md"), b"\xff\xfe").unwrap();
    let before = tree(&alice);
    insta::assert_snapshot!(alice.coord(["init", "--no-hooks", "--agent", "claude"]), @r#"
    exit 0
    --- stdout
    created     AGENTS.md
    left alone  .mcp.json
      it cannot be read: Unexpected token in object on line 1 column 17; add by hand:
        {
          "mcpServers": {
            "git-coord": {
              "type": "stdio",
              "command": "git-coord",
              "args": ["mcp"]
            }
          }
        }
    created     .claude/settings.json
    left alone  .claude/skills/git-coord/SKILL.md
      it is somebody else's; add by hand:
        ---
        name: git-coord
        description: Work beside other agents and people in one git repository without getting in each other's way. Use it before editing shared files, when an edit or a commit was refused because somebody holds a lock, when choosing what to work on next, and when leaving work for somebody else.
        ---

        <!-- written by `git coord init --agent claude`, which replaces this file -->

        # Working beside others with git-coord

        Several agents and people change this repository at once. `git coord` keeps, in git itself, who
        changes what: locks, tasks, messages, handoffs and a common memory. Every command takes `--json`;
        `git coord help COMMAND` explains one.
        … and 31 lines more, which `--json` has
    left alone  CLAUDE.md
      it cannot be read: stream did not contain valid UTF-8; add by hand:
        <!-- git-coord:begin (written by `git coord init`, which replaces what is between these lines) -->
        @AGENTS.md
        <!-- git-coord:end -->
    now, for claude: start `claude` here and trust the folder; approve the MCP server `git-coord` when it asks (`/mcp`), and see the hooks with `/hooks`
    commit these files, so that everybody has them
    "#);
    let after = tree(&alice);
    for (path, bytes) in &before {
        assert_eq!(after.get(path), Some(bytes), "{path}");
    }
    init(&alice, &["--agent", "claude", "--uninstall"]);
    assert_eq!(tree(&alice), before);
}

#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    fs::create_dir(sandbox.path().join("outside")).unwrap();
    sandbox.write("outside/rules.md", "theirs\n");
    symlink("../outside", alice.path().join(".claude")).unwrap();
    symlink("../outside/rules.md", alice.path().join("CLAUDE.md")).unwrap();
    symlink("../outside/new.md", alice.path().join("AGENTS.md")).unwrap();
    symlink(".git/mcp.json", alice.path().join(".mcp.json")).unwrap();
    alice.write(".git/mcp.json", "{}");
    let before = tree(&alice);
    let answer = init(&alice, &["--agent", "claude"]);
    assert!(
        did(&answer).values().all(|did| did == "left-alone"),
        "{answer:#}"
    );
    for file in answer["wired"]["files"].as_array().unwrap() {
        let left = &file["by_hand"][0];
        assert!(
            left["why"].as_str().unwrap().contains("a link there leads"),
            "{left}"
        );
        assert_ne!(left["add"], Value::Null);
    }
    assert_eq!(tree(&alice), before);
    assert_eq!(sandbox.read("outside/rules.md"), "theirs\n");
    assert_eq!(
        fs::read_dir(sandbox.path().join("outside"))
            .unwrap()
            .count(),
        1
    );
    assert_eq!(alice.read(".git/mcp.json"), "{}");
}

#[test]
fn a_link_within_the_repository_stays_one_and_modes_stay() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.write("docs/agents.md", "# Agents\n");
    symlink("docs/agents.md", alice.path().join("AGENTS.md")).unwrap();
    symlink("AGENTS.md", alice.path().join("CLAUDE.md")).unwrap();
    alice.write(".mcp.json", "{}\n");
    let mode = |path: &str| {
        fs::metadata(alice.path().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    fs::set_permissions(
        alice.path().join(".mcp.json"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    let before = tree(&alice);
    let answer = init(&alice, &["--agent", "claude"]);
    assert_eq!(did(&answer)["AGENTS.md"], "merged");
    // It is the same file, and must not include itself.
    assert_eq!(did(&answer)["CLAUDE.md"], "unchanged");
    let text = alice.read("docs/agents.md");
    assert!(
        text.starts_with("# Agents\n\n<!-- git-coord:begin") && !text.contains("@AGENTS.md"),
        "{text}"
    );
    assert!(alice.path().join("AGENTS.md").is_symlink());
    assert_eq!(mode(".mcp.json"), 0o600);
    init(&alice, &["--agent", "claude", "--uninstall"]);
    assert_eq!(tree(&alice), before);
    assert_eq!(mode(".mcp.json"), 0o600);
}

#[test]
fn empty_files_and_directories_of_somebody_stay() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    fs::create_dir(alice.path().join(".cursor")).unwrap();
    alice.write(".mcp.json", "{ }\n");
    alice.write(
        ".gemini/settings.json",
        "{\n  \"hooks\": {},\n  \"mcpServers\": {\n  }\n}",
    );
    alice.write("AGENTS.md", "");
    let before = tree(&alice);
    init(&alice, &["--agent", "all"]);
    init(&alice, &["--agent", "all", "--uninstall"]);
    assert_eq!(tree(&alice), before);
}

#[test]
fn a_remote_is_not_asked_and_not_changed() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice
        .git(["remote", "add", "origin", "/nowhere/at/all"])
        .ok();
    alice.git(["config", "coord.remote", "origin"]).ok();
    let config = alice.read(".git/config");
    let answer = init(&alice, &["--agent", "claude"]);
    assert_eq!(
        (&answer["state"], &answer["remote"]),
        (&Value::Null, &"origin".into())
    );
    assert_eq!(alice.read(".git/config"), config);
    init(&alice, &["--agent", "claude", "--uninstall"]);
    assert_eq!(alice.read(".git/config"), config);
}

#[test]
fn a_remote_and_an_agent_in_one_go() {
    let sandbox = Sandbox::new();
    let alice = sandbox.bare("hub").clone_as("alice");
    let both = [
        "init",
        "--no-hooks",
        "--remote",
        "origin",
        "--agent",
        "aider",
    ];
    insta::assert_snapshot!(alice.coord(both), @r"
    exit 0
    --- stdout
    created     AGENTS.md
    created     .aider.conf.yml
    config: coord.remote = origin
    locks are shared through `origin`
    now, for aider: nothing. Aider has no hooks and no MCP: git's own hooks guard its commits, which is what `git-commit-verify` switches on
    commit these files, so that everybody has them
    ");
}

#[test]
fn git_hooks_come_along_and_stay() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let fires = || {
        let listed = alice.coord(["hooks", "list", "--json"]).ok().json();
        listed["hooks"][0]["fires"].as_bool().unwrap()
    };
    let answer = alice
        .coord(["init", "--agent", "aider", "--json"])
        .ok()
        .json();
    assert_ne!(answer["hooks"], Value::Null);
    assert!(fires());
    alice
        .coord(["init", "--agent", "aider", "--uninstall"])
        .ok();
    assert!(fires(), "they are everybody's");
}

#[test]
fn a_linked_worktree_has_files_of_its_own() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let other = alice.worktree("other");
    let before = tree(&other);
    init(&other, &["--agent", "all"]);
    assert!(other.path().join(".mcp.json").exists() && !alice.path().join(".mcp.json").exists());
    // What the one remembers is nothing to the other.
    init(&alice, &["--agent", "all"]);
    init(&other, &["--agent", "all", "--uninstall"]);
    assert_eq!(tree(&other), before);
    assert!(alice.path().join(".mcp.json").exists());
}

#[test]
fn from_below_the_files_are_at_the_top() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.write("src/deep/a.rs", "");
    let below = alice.moved(alice.path().join("src/deep"));
    init(&below, &["--agent", "gemini"]);
    assert!(alice.path().join(".gemini/settings.json").exists());
}

#[test]
fn without_a_working_tree_there_is_no_place() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let refused = hub.coord(["init", "--agent", "claude", "--json"]).code(2);
    assert_eq!(refused.json()["code"], "usage");
}

#[test]
fn who_would_not_find_the_program_is_told() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let without = alice.without_program();
    let outcome = without
        .command(
            env!("CARGO_BIN_EXE_git-coord"),
            ["init", "--no-hooks", "--agent", "codex"],
        )
        .run()
        .ok();
    assert!(
        outcome.stderr.contains("`git-coord` is not on this PATH"),
        "{outcome}"
    );
    let told = alice
        .coord(["init", "--no-hooks", "--agent", "codex", "--json"])
        .ok()
        .json();
    assert!(told["wired"]["program"].is_string());
}

#[test]
fn failing_closed_is_written_where_it_can_be_and_explained() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let outcome = alice
        .coord([
            "init",
            "--no-hooks",
            "--agent",
            "claude,codex",
            "--fail-closed",
        ])
        .ok();
    insta::assert_snapshot!(outcome.stderr, @r"
    note: claude: no edit when git-coord cannot be asked (`onFailure: block`, needs Claude Code 2.1.295 or newer)
    note: codex cannot be made to stop when git-coord cannot be asked
    note: an edit also stops where git-coord can be asked and cannot tell, with `git config coord.failClosed true`
    ");
    assert!(
        alice
            .read(".claude/settings.json")
            .contains("\"onFailure\": \"block\"")
    );
    // The last one that is run says which.
    init(&alice, &["--agent", "claude"]);
    assert!(!alice.read(".claude/settings.json").contains("onFailure"));
    alice.coord(["init", "--fail-closed"]).code(2);
}

#[test]
fn a_config_of_opencode_with_comments_is_the_one() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.write("opencode.jsonc", "{\n  // mine\n  \"model\": \"x/y\",\n}\n");
    let answer = init(&alice, &["--agent", "opencode"]);
    assert_eq!(did(&answer)["opencode.jsonc"], "merged");
    assert!(!alice.path().join("opencode.json").exists());
    assert!(alice.read("opencode.jsonc").contains("// mine"));
}

#[test]
fn a_workflow_of_somebody_gets_no_step() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let path = ".github/workflows/copilot-setup-steps.yml";
    let own = "jobs:\n  copilot-setup-steps:\n    steps: []\n";
    alice.write(path, own);
    let answer = init(&alice, &["--agent", "copilot"]);
    assert_eq!(did(&answer)[path], "left-alone");
    assert!(answer.to_string().contains("- name: Install git-coord"));
    assert_eq!(alice.read(path), own);
    alice.write(path, &format!("{own}# git-coord is installed elsewhere\n"));
    assert_eq!(
        did(&init(&alice, &["--agent", "copilot"]))[path],
        "unchanged"
    );
}

#[test]
fn names_of_agents_complete() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let words = ["--", "git-coord", "init", "--agent", "c"];
    let offered = alice
        .command("git-coord", words)
        .env("COMPLETE", "fish")
        .run()
        .ok();
    let names: Vec<&str> = offered
        .stdout
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(names, ["claude", "codex", "cursor", "copilot"]);
}

#[test]
fn a_linter_hears_only_of_locks() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.coord(["lock", "src/a.rs"]).ok();
    let bob = alice.beside("bob");
    bob.coord(["check", "--lint", "src/a.rs"]).refused();
    bob.coord(["check", "--lint", "src/b.rs"]).ok();
    // What would be wrong use, or damage, is nothing that a model can repair.
    bob.coord(["check", "../../outside"]).failed();
    let passed = bob.coord(["check", "--lint", "../../outside"]).ok();
    assert!(passed.stderr.contains("locks were not checked"), "{passed}");
}
