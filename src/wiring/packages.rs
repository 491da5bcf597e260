//! What the repository of git-coord offers ready-made: a Claude Code plugin with its marketplace, a
//! Gemini extension, and hooks for the pre-commit framework. Made from what `init` writes; a test
//! compares them with the files.

use super::Wish;
use super::agents::{HOOKS_ABOUT, WORKING, claude_hooks, gemini_hooks};
use super::hooks::Hooks;
use super::json::Tree;
use super::server::{NAME, Server};

const ABOUT: &str = "Locks, tasks, handoffs and messages for several agents in one git repository";
const PLUGIN: &str = "hooks/claude-plugin";
const EXTENSION: &str = "hooks/gemini-extension";

/// Every file with its path from the top of the repository of git-coord.
pub fn packages() -> Vec<(String, String)> {
    let text = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let mut all = vec![
        (
            ".claude-plugin/marketplace.json".into(),
            marketplace().file(),
        ),
        text(
            ".pre-commit-hooks.yaml",
            include_str!("texts/pre-commit-hooks.yaml"),
        ),
    ];
    let plugin = [
        (".claude-plugin/plugin.json", plugin().file()),
        ("hooks/hooks.json", listed(&claude_hooks(Wish::default()))),
        ("skills/git-coord/SKILL.md", skill()),
        (
            "commands/status.md",
            include_str!("texts/claude-plugin/status.md").into(),
        ),
        (
            "commands/lock.md",
            include_str!("texts/claude-plugin/lock.md").into(),
        ),
        (
            "commands/next.md",
            include_str!("texts/claude-plugin/next.md").into(),
        ),
        (
            "commands/handoff.md",
            include_str!("texts/claude-plugin/handoff.md").into(),
        ),
        (
            "README.md",
            include_str!("texts/claude-plugin/README.md").into(),
        ),
    ];
    all.extend(plugin.map(|(path, text)| (format!("{PLUGIN}/{path}"), text)));
    let extension = [
        ("gemini-extension.json", extension().file()),
        ("hooks/hooks.json", listed(&gemini_hooks())),
        ("GEMINI.md", WORKING.into()),
        (
            "README.md",
            include_str!("texts/gemini-extension/README.md").into(),
        ),
    ];
    all.extend(extension.map(|(path, text)| (format!("{EXTENSION}/{path}"), text)));
    all
}

fn marketplace() -> Tree {
    let plugin = Tree::map([
        ("name", Tree::text(NAME)),
        ("source", Tree::text(format!("./{PLUGIN}"))),
        ("description", Tree::text(ABOUT)),
    ]);
    Tree::map([
        ("name", Tree::text(NAME)),
        ("owner", Tree::map([("name", Tree::text(NAME))])),
        ("description", Tree::text(ABOUT)),
        ("plugins", Tree::List(vec![plugin])),
    ])
}

fn plugin() -> Tree {
    Tree::map([
        ("name", Tree::text(NAME)),
        ("version", Tree::text(env!("CARGO_PKG_VERSION"))),
        ("description", Tree::text(ABOUT)),
        ("author", Tree::map([("name", Tree::text(NAME))])),
        ("repository", Tree::text(env!("CARGO_PKG_REPOSITORY"))),
        ("license", Tree::text(env!("CARGO_PKG_LICENSE"))),
        ("mcpServers", servers()),
    ])
}

fn extension() -> Tree {
    Tree::map([
        ("name", Tree::text(NAME)),
        ("version", Tree::text(env!("CARGO_PKG_VERSION"))),
        ("description", Tree::text(ABOUT)),
        ("mcpServers", servers()),
        ("contextFileName", Tree::text("GEMINI.md")),
    ])
}

fn servers() -> Tree {
    let server = Server::usual(Tree::Map(Vec::new()));
    Tree::map([(NAME, server.entry)])
}

fn listed(hooks: &Hooks) -> String {
    Tree::map([
        ("description", Tree::text(HOOKS_ABOUT)),
        ("hooks", hooks.tree()),
    ])
    .file()
}

/// The skill that `init` writes, without the line by which `init` knows it.
fn skill() -> String {
    const SKILL: &str = include_str!("texts/skill.md");
    let lines = SKILL.lines().filter(|line| !line.starts_with("<!--"));
    let text = lines.fold(String::new(), |text, line| text + line + "\n");
    text.replace("\n\n\n", "\n\n")
}
