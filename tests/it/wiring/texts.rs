//! Files of agents as people have them: with hooks, servers, comments and formatting of their own.

/// Where, and what.
pub const THEIRS: &[(&str, &str)] = &[
    (
        ".claude/settings.json",
        "{\n\t\"permissions\": { \"allow\": [\"Bash(npm:*)\"] },\n\t\"hooks\": {\n\t\t\"PreToolUse\": [\n\t\t\t{ \"matcher\": \"Bash\", \"hooks\": [{ \"type\": \"command\", \"command\": \"./check.sh\" }] }\n\t\t]\n\t}\n}\n",
    ),
    (
        ".mcp.json",
        "{\r\n    \"mcpServers\": {\r\n        \"db\": {\r\n            \"command\": \"db-mcp\"\r\n        }\r\n    }\r\n}\r\n",
    ),
    ("CLAUDE.md", "\u{feff}# Rules\r\n\r\nBe kind.\r\n"),
    ("AGENTS.md", "# Agents\n\n- no last line end"),
    (
        ".codex/hooks.json",
        "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"say done\"}]}]}}",
    ),
    (
        ".codex/config.toml",
        "# ours\r\nmodel = \"o\"\r\n\r\n[mcp_servers.db]\r\ncommand = \"db-mcp\" # local\r\n",
    ),
    (
        ".gemini/settings.json",
        "// team settings\n{\n  \"context\": {\n    \"fileName\": \"RULES.md\", // ours\n  },\n  /* none yet */\n  \"mcpServers\": {\n    \"db\": { \"command\": \"db\" }\n  },\n}\n",
    ),
    (
        ".cursor/hooks.json",
        "\u{feff}{\n  \"version\": 1,\n  \"hooks\": {\n    \"preToolUse\": [{ \"command\": \"./audit\" }],\n    \"stop\": [\n      { \"command\": \"./bell\" } // ring\n    ]\n  }\n}",
    ),
    (
        ".cursor/mcp.json",
        "{ \"mcpServers\": { \"db\": { \"url\": \"http://db\" } } }\n",
    ),
    (
        ".github/hooks/git-coord.json",
        "{\n    \"version\": 1,\n    \"hooks\": {\n        \"preToolUse\": [{ \"type\": \"command\", \"bash\": \"./mine\" }]\n    }\n}\n",
    ),
    (".github/copilot-instructions.md", "Use tabs.\n\n\n"),
    (
        "opencode.json",
        "{\n    // which\n    \"model\": \"x/y\", // that\n    \"mcp\": {\n        \"db\": { \"type\": \"local\", \"command\": [\"db\"] }\n        // more to come\n    }\n}\n",
    ),
    (
        ".aider.conf.yml",
        "# mine\nmodel: sonnet\nlint-cmd:\n  - \"python: flake8\"\n",
    ),
];

/// Those of which only this clone knows how they were: one name became a list.
pub const LOSSY: &[&str] = &[".gemini/settings.json"];
