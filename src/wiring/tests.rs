//! Every agent's files over files that people have: fresh, merged, twice, and out again.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use serde_json::Value;

use super::{Agent, Part, Wish, parts};

const OPEN: Wish = Wish { fail_closed: false };
const CLOSED: Wish = Wish { fail_closed: true };

fn part(agent: Agent, path: &str, wish: Wish) -> Part {
    let mut all = parts(&[agent], wish).into_iter();
    all.find(|part| part.paths.contains(&path))
        .expect("the agent has the file")
}

fn json(agent: Agent, path: &str, wish: Wish) -> Value {
    serde_json::from_str(&part(agent, path, wish).put(None).text).expect("plain JSON")
}

#[test]
fn every_file_comes_and_goes() {
    for wish in [OPEN, CLOSED] {
        for part in parts(&Agent::ALL, wish) {
            let path = part.paths[0];
            let new = part.put(None);
            assert_eq!(new.by_hand, [], "{path}");
            assert!(
                new.text.ends_with('\n') && !new.text.contains("@REPOSITORY@"),
                "{path}"
            );
            assert_eq!(part.put(Some(&new.text)), new, "{path}");
            assert!(part.is_in(&new.text), "{path}");
            assert_eq!(part.take(&new.text).text, None, "{path}");
            assert!(!part.is_in(""), "{path}");
        }
    }
}

#[test]
fn a_file_is_named_once_and_knows_its_readers() {
    let all = parts(&Agent::ALL, OPEN);
    let mut paths: Vec<&str> = all.iter().map(|part| part.paths[0]).collect();
    paths.sort_unstable();
    let count = paths.len();
    paths.dedup();
    assert_eq!(paths.len(), count);
    let readers = |path: &str| {
        let found = all.iter().find(|part| part.paths[0] == path);
        found.map(|part| part.agents.clone()).unwrap_or_default()
    };
    assert_eq!(readers("AGENTS.md"), Agent::ALL);
    assert_eq!(readers(".mcp.json"), [Agent::Claude, Agent::Copilot]);
}

#[test]
fn what_each_agent_insists_on_is_kept() {
    // Codex refuses any other member at the root.
    let codex = json(Agent::Codex, ".codex/hooks.json", OPEN);
    let names: Vec<&String> = codex.as_object().unwrap().keys().collect();
    assert_eq!(names, ["description", "hooks"]);
    assert_eq!(codex["hooks"]["SessionEnd"][0]["hooks"][0]["timeout"], 3);
    // Cursor and Copilot pass over a file without a version.
    for (agent, path) in [
        (Agent::Cursor, ".cursor/hooks.json"),
        (Agent::Copilot, ".github/hooks/git-coord.json"),
    ] {
        assert_eq!(json(agent, path, OPEN)["version"], 1);
    }
    // Gemini counts milliseconds, everybody else seconds.
    let gemini = json(Agent::Gemini, ".gemini/settings.json", OPEN);
    let timeout = &gemini["hooks"]["BeforeTool"][0]["hooks"][0]["timeout"];
    assert_eq!(timeout, 30_000);
    assert_eq!(
        gemini["context"]["fileName"],
        serde_json::json!(["AGENTS.md", "GEMINI.md"])
    );
    let claude = json(Agent::Claude, ".claude/settings.json", OPEN);
    assert_eq!(claude["hooks"]["PreToolUse"][0]["hooks"][0]["timeout"], 30);
    assert_eq!(claude["hooks"]["PostToolUse"][0]["hooks"][0]["async"], true);
    assert_eq!(claude["hooks"]["WorktreeCreate"], Value::Null);
    let copilot = json(Agent::Copilot, ".github/hooks/git-coord.json", OPEN);
    assert_eq!(copilot["hooks"]["preToolUse"][0]["timeoutSec"], 30);
    // OpenCode does not start with a command that is no list.
    let opencode = json(Agent::Opencode, "opencode.json", OPEN);
    assert_eq!(
        opencode["mcp"]["git-coord"]["command"],
        serde_json::json!(["git-coord", "mcp"])
    );
}

#[test]
fn only_the_guard_fails_closed_and_only_when_asked() {
    let claude = |wish| json(Agent::Claude, ".claude/settings.json", wish).to_string();
    assert!(!claude(OPEN).contains("onFailure"));
    assert_eq!(claude(CLOSED).matches("\"onFailure\":\"block\"").count(), 1);
    let cursor = |wish| json(Agent::Cursor, ".cursor/hooks.json", wish).to_string();
    assert!(!cursor(OPEN).contains("failClosed"));
    assert_eq!(cursor(CLOSED).matches("\"failClosed\":true").count(), 1);
    // Copilot blocks on any exit code but 0, so the shell makes it one.
    let copilot = |wish| json(Agent::Copilot, ".github/hooks/git-coord.json", wish);
    let open = copilot(OPEN);
    for (event, handlers) in open["hooks"].as_object().unwrap() {
        let command = format!("git-coord hook copilot {event} || true");
        assert_eq!(handlers[0]["bash"], command);
    }
    assert_eq!(
        copilot(CLOSED)["hooks"]["preToolUse"][0]["bash"],
        "git-coord hook copilot preToolUse"
    );
    let plugin = |wish| {
        part(Agent::Opencode, ".opencode/plugins/git-coord.js", wish)
            .put(None)
            .text
    };
    assert!(plugin(OPEN).contains("FAIL_CLOSED = false"));
    assert!(plugin(CLOSED).contains("FAIL_CLOSED = true"));
}

/// Files as people have them, with hooks, servers, comments and formatting of their own.
const THEIRS: &[(Agent, &str, &str)] = &[
    (
        Agent::Claude,
        ".claude/settings.json",
        "{\n\t\"permissions\": { \"allow\": [\"Bash(npm:*)\"] },\n\t\"hooks\": {\n\t\t\"PreToolUse\": [\n\t\t\t{ \"matcher\": \"Bash\", \"hooks\": [{ \"type\": \"command\", \"command\": \"./check.sh\" }] }\n\t\t]\n\t}\n}\n",
    ),
    (
        Agent::Claude,
        ".mcp.json",
        "{\r\n    \"mcpServers\": {\r\n        \"db\": {\r\n            \"command\": \"db-mcp\"\r\n        }\r\n    }\r\n}\r\n",
    ),
    (Agent::Claude, "CLAUDE.md", "# Rules\r\n\r\nBe kind.\r\n"),
    (
        Agent::Codex,
        ".codex/hooks.json",
        "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"say done\"}]}]}}",
    ),
    (
        Agent::Codex,
        ".codex/config.toml",
        "# ours\nmodel = \"o\"\n\n[mcp_servers.db]\ncommand = \"db-mcp\" # local\n",
    ),
    (
        Agent::Gemini,
        ".gemini/settings.json",
        "// team settings\n{\n  \"context\": {\n    \"fileName\": [\"AGENTS.md\", \"X.md\"], // both\n  },\n  /* none yet */\n  \"mcpServers\": {\n    \"db\": { \"command\": \"db\" }\n  },\n}\n",
    ),
    (
        Agent::Cursor,
        ".cursor/hooks.json",
        "\u{feff}{\n  \"version\": 1,\n  \"hooks\": {\n    \"preToolUse\": [{ \"command\": \"./audit\" }],\n    \"stop\": [\n      { \"command\": \"./bell\" } // ring\n    ]\n  }\n}",
    ),
    (
        Agent::Copilot,
        ".github/copilot-instructions.md",
        "Use tabs.",
    ),
    (
        Agent::Opencode,
        "opencode.json",
        "{\n    // which\n    \"model\": \"x/y\", // that\n    \"mcp\": {\n        \"db\": { \"type\": \"local\", \"command\": [\"db\"] }\n        // more to come\n    }\n}\n",
    ),
    (
        Agent::Aider,
        ".aider.conf.yml",
        "# mine\nmodel: sonnet\nlint-cmd:\n  - \"python: flake8\"\n",
    ),
    (Agent::Aider, "AGENTS.md", "# Agents\n\n- be brief\n\n"),
];

#[test]
fn what_others_wrote_stays_and_comes_back() {
    for (agent, path, before) in THEIRS {
        for wish in [OPEN, CLOSED] {
            let part = part(*agent, path, wish);
            assert!(!part.is_in(before), "{path}");
            let put = part.put(Some(before));
            assert_ne!(put.text, *before, "{path}");
            assert_eq!(part.put(Some(&put.text)), put, "{path}");
            let other = if wish == OPEN { CLOSED } else { OPEN };
            let other = self::part(*agent, path, other).put(Some(&put.text));
            for text in [&put.text, &other.text] {
                // Comments stand where they stood, with their words.
                for line in before.lines() {
                    let at = line.find("//").or(line.find('#'));
                    let comment = at.map_or("", |at| line[at..].trim_end());
                    assert!(text.contains(comment), "{path}: {comment}\n{text}");
                }
                assert_eq!(
                    part.take(text).text.as_deref(),
                    Some(*before),
                    "{path}\n{text}"
                );
            }
            let is_mixed = put.text.replace("\r\n", "").contains('\n');
            assert_eq!(put.text.contains('\r'), before.contains('\r'), "{path}");
            assert!(!before.contains('\r') || !is_mixed, "{path}");
        }
    }
}

#[test]
fn an_older_form_of_ours_is_replaced_and_not_doubled() {
    let settings = part(Agent::Claude, ".claude/settings.json", OPEN);
    let older = r#"{
  "hooks": {
    "PreToolUse": [
      {"matcher": "Edit", "hooks": [{"type": "command", "command": "git coord hook claude PreToolUse"}]},
      {"matcher": "Bash", "hooks": [
        {"type": "command", "command": "./mine"},
        {"type": "command", "command": "git-coord hook claude", "timeout": 1}
      ]}
    ],
    "Notification": [{"hooks": [{"type": "command", "command": "git-coord hook claude"}]}]
  }
}
"#;
    let put = settings.put(Some(older));
    assert_eq!(put.by_hand, []);
    let value: Value = serde_json::from_str(&put.text).unwrap();
    let guards = value["hooks"]["PreToolUse"].to_string();
    assert_eq!(
        guards.matches("git-coord hook claude").count(),
        1,
        "{guards}"
    );
    assert!(
        guards.contains("./mine") && guards.contains("\"timeout\":30"),
        "{guards}"
    );
    assert_eq!(value["hooks"]["Notification"], Value::Null);
    assert_eq!(settings.put(Some(&put.text)), put);
    let rest: Value = serde_json::from_str(&settings.take(&put.text).text.unwrap()).unwrap();
    assert_eq!(
        rest,
        serde_json::json!({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "./mine"}]}]}})
    );

    let servers = part(Agent::Claude, ".mcp.json", OPEN);
    let older = r#"{"mcpServers": {"git-coord": {"command": "git-coord", "args": ["mcp", "serve"], "env": {"A": "b"}}}}"#;
    let put = servers.put(Some(older)).text;
    let value: Value = serde_json::from_str(&put).unwrap();
    let entry = &value["mcpServers"]["git-coord"];
    assert_eq!(
        (&entry["args"], &entry["env"]["A"]),
        (&serde_json::json!(["mcp"]), &"b".into())
    );
}

#[test]
fn a_choice_of_somebody_is_left_to_them() {
    let servers = part(Agent::Claude, ".mcp.json", OPEN);
    let chosen = r#"{"mcpServers": {"git-coord": {"command": "/opt/git-coord", "args": ["mcp", "--tools", "all"]}}}"#;
    assert_eq!(servers.put(Some(chosen)).text, chosen);
    let other = r#"{"mcpServers": {"git-coord": {"command": "docker", "args": ["run", "x"]}}}"#;
    let put = servers.put(Some(other));
    assert_eq!((put.text.as_str(), put.by_hand.len()), (other, 1));
    assert_eq!(servers.take(other).text.as_deref(), Some(other));
    let name = part(Agent::Gemini, ".gemini/settings.json", OPEN);
    let put = name
        .put(Some("{\"context\": {\"fileName\": \"RULES.md\"}}"))
        .text;
    let value: Value = serde_json::from_str(&put).unwrap();
    assert_eq!(
        value["context"]["fileName"],
        serde_json::json!(["RULES.md", "AGENTS.md"])
    );
}

#[test]
fn what_cannot_be_read_is_left_alone_and_says_what_to_add() {
    for (agent, path, broken) in [
        (Agent::Claude, ".claude/settings.json", "{\"hooks\": "),
        (Agent::Claude, ".claude/settings.json", "[]"),
        (Agent::Claude, ".claude/settings.json", "{\"hooks\": []}"),
        (
            Agent::Claude,
            ".claude/settings.json",
            "{\"hooks\": {\"Stop\": 1}}",
        ),
        (
            Agent::Claude,
            ".claude/settings.json",
            "{\"a\": 1, \"a\": 2}",
        ),
        (Agent::Codex, ".codex/config.toml", "x = = 1"),
        (Agent::Cursor, ".cursor/mcp.json", "<<<<<<< HEAD\n{}\n"),
        (Agent::Aider, ".aider.conf.yml", "{read: x}"),
        (Agent::Claude, "CLAUDE.md", "<!-- git-coord:begin -->\nx\n"),
        (Agent::Cursor, ".cursor/rules/git-coord.mdc", "mine"),
        (Agent::Opencode, ".opencode/plugins/git-coord.js", "mine"),
    ] {
        let part = part(agent, path, OPEN);
        let put = part.put(Some(broken));
        assert_eq!(put.text, broken, "{path}");
        assert!(!put.by_hand.is_empty(), "{path}: {broken}");
        for what in &put.by_hand {
            assert!(
                !what.why.is_empty() && !what.add.is_empty(),
                "{path}: {what:?}"
            );
        }
        assert_eq!(part.take(broken).text.as_deref(), Some(broken), "{path}");
    }
    // A version that nobody knows keeps its meaning.
    let put = part(Agent::Cursor, ".cursor/hooks.json", OPEN).put(Some("{\"version\": 2}"));
    assert!(put.by_hand[0].why.contains("version"), "{put:?}");
}

#[test]
fn codex_has_its_hooks_in_one_place() {
    let hooks = part(Agent::Codex, ".codex/hooks.json", OPEN);
    assert_eq!(hooks.beside, Some(".codex/config.toml"));
    let config = "[[hooks.PreToolUse]]\nmatcher = \"Bash\"\n";
    assert!(
        hooks
            .yields(config)
            .is_some_and(|why| why.add.contains("git-coord hook codex"))
    );
    assert!(hooks.yields("[hooks.state]\na = 1\n").is_none());
    assert!(hooks.yields("a = 1\n").is_none());
}

#[test]
fn what_agents_are_told_is_short() {
    let told = part(Agent::Aider, "AGENTS.md", OPEN).put(None).text;
    assert!(told.lines().count() <= 15, "{told}");
}
