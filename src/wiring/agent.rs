//! The coding agents whose files are known, and what a person has to do for each.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A coding agent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Agent {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Cursor.
    Cursor,
    /// GitHub Copilot, its command line and its cloud agent.
    Copilot,
    /// OpenCode.
    Opencode,
    /// Aider.
    Aider,
}

impl Agent {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Claude,
        Self::Codex,
        Self::Gemini,
        Self::Cursor,
        Self::Copilot,
        Self::Opencode,
        Self::Aider,
    ];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Cursor => "cursor",
            Self::Copilot => "copilot",
            Self::Opencode => "opencode",
            Self::Aider => "aider",
        }
    }

    /// What a person has to do before it takes effect: agents do not run what a repository
    /// brings along until somebody trusts it.
    pub fn trust_step(self) -> &'static str {
        match self {
            Self::Claude => {
                "start `claude` here and trust the folder; approve the MCP server `git-coord` when it \
                 asks (`/mcp`), and see the hooks with `/hooks`"
            }
            Self::Codex => {
                "start `codex` here, trust the project, then open `/hooks` and approve each hook of \
                 git-coord: until then Codex skips them without a word"
            }
            Self::Gemini => {
                "start `gemini` here and trust the folder; it shows new hooks once, and again after \
                 each change of them"
            }
            Self::Cursor => {
                "open the folder in Cursor and switch on the MCP server `git-coord` in its settings; \
                 hooks need no approval"
            }
            Self::Copilot => {
                "start `copilot` here and trust the folder. The cloud agent reads MCP servers from \
                 the repository's settings page, and cannot push the refs that locks are kept in"
            }
            Self::Opencode => {
                "start `opencode` again: plugins are read at its start, and need no approval"
            }
            Self::Aider => {
                "nothing. Aider has no hooks and no MCP: git's own hooks guard its commits, which is \
                 what `git-commit-verify` switches on"
            }
        }
    }

    /// What `--fail-closed` does to it; nothing where the agent has no such setting.
    pub fn fails_closed(self) -> Option<&'static str> {
        match self {
            Self::Claude => Some("`onFailure: block`, needs Claude Code 2.1.295 or newer"),
            Self::Cursor => Some("`failClosed: true`"),
            Self::Copilot => {
                Some("a hook that ends with an error blocks, one that takes too long does not")
            }
            Self::Opencode => Some("the plugin refuses"),
            Self::Codex | Self::Gemini | Self::Aider => None,
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
