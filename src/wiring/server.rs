//! Our server among those of others, in a client's JSON file.

use serde_json::Value;

use super::json::{Doc, Tree, way};

/// What everybody calls it.
pub(super) const NAME: &str = "git-coord";
/// The program.
pub(super) const COMMAND: &str = "git-coord";
/// Its words.
pub(super) const ARGS: &[&str] = &["mcp"];

/// An entry called [`NAME`] below a member.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The member that lists servers.
    pub(super) below: &'static str,
    pub(super) entry: Tree,
}

impl Server {
    /// As most clients have it.
    pub(super) fn usual(entry: Tree) -> Self {
        let entry = entry.with("command", Some(Tree::text(COMMAND)));
        Self {
            below: "mcpServers",
            entry: entry.with("args", Some(Tree::texts(ARGS))),
        }
    }

    pub(super) fn put(&self, doc: &mut Doc) -> Result<(), String> {
        let path = [self.below, NAME];
        let Some(there) = doc.get(&way(&path)) else {
            return doc.put(&path, &self.entry);
        };
        match standing(&words(&there)) {
            Standing::Current => Ok(()),
            Standing::Other => Err(format!("its server `{NAME}` runs something else")),
            Standing::Older => self.renew(doc, &there),
        }
    }

    /// Only what it runs: the rest may be somebody's choice.
    fn renew(&self, doc: &mut Doc, there: &Value) -> Result<(), String> {
        let Tree::Map(members) = &self.entry else {
            return Ok(());
        };
        for (name, wanted) in members {
            let path = [self.below, NAME, name.as_str()];
            match there.get(name) {
                None => doc.put(&path, wanted)?,
                Some(value) if *value == wanted.value() => {}
                Some(_) => doc.replace(&way(&path), wanted)?,
            }
        }
        Ok(())
    }

    /// Says whether it was there.
    pub(super) fn take(&self, doc: &mut Doc) -> Result<bool, String> {
        let path = [self.below, NAME];
        match doc.get(&way(&path)) {
            Some(there) if standing(&words(&there)) != Standing::Other => {
                doc.prune(&path).map(|()| true)
            }
            _ => Ok(false),
        }
    }
}

/// How an entry of our name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It runs our server; with which options is its owner's choice.
    Current,
    /// It runs our program in a way that was right once.
    Older,
    /// It runs something else.
    Other,
}

/// Judges a command line.
pub(super) fn standing(words: &[String]) -> Standing {
    let program = words.first().map_or("", String::as_str);
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
    if program != COMMAND && program != "git-coord.exe" {
        return Standing::Other;
    }
    let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    match rest.as_slice() {
        ["mcp", "serve"] => Standing::Older,
        ["mcp", ..] => Standing::Current,
        _ => Standing::Older,
    }
}

/// The command line of an entry: a program and its words, or all in one list.
fn words(entry: &Value) -> Vec<String> {
    let texts = |value: &Value| -> Vec<String> {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(|word| word.as_str().map(str::to_owned))
            .collect()
    };
    match &entry["command"] {
        Value::String(program) => [vec![program.clone()], texts(&entry["args"])].concat(),
        list => texts(list),
    }
}
