//! Our hooks among those of others, found again by what they run.

use serde_json::Value;

use super::json::{Doc, Step, Tree, way};

/// Hooks of one agent, below the member `hooks`.
#[derive(Clone, Debug)]
pub(super) struct Hooks {
    /// The agent, as the command names it.
    pub(super) agent: &'static str,
    pub(super) shape: Shape,
    pub(super) on: Vec<On>,
}

/// How an event lists its hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `[{matcher, hooks: [{command}]}]`
    Groups,
    /// `[{command, matcher}]`
    Flat,
}

/// What runs at an event.
#[derive(Clone, Debug)]
pub(super) struct On {
    pub(super) event: &'static str,
    /// Which tools; all without.
    pub(super) matcher: Option<&'static str>,
    pub(super) handler: Tree,
}

/// Where one of ours is: which entry of the event, and which of its group.
type At = (usize, Option<usize>);

impl Hooks {
    pub(super) fn put(&self, doc: &mut Doc) -> Result<(), String> {
        for on in &self.on {
            let mut ours = self.find(doc, on.event)?;
            let entry = self.entry(on);
            if ours.is_empty() {
                doc.push(&["hooks", on.event], &entry)?;
                continue;
            }
            let first = ours.remove(0);
            // From the end, so that the places of the others stay true.
            for other in ours.into_iter().rev() {
                self.remove(doc, on.event, other)?;
            }
            self.renew(doc, on, &entry, first)?;
        }
        // Events that an older version listened to.
        for event in doc.names(&way(&["hooks"])) {
            if !self.on.iter().any(|on| on.event == event) {
                self.clear(doc, &event)?;
            }
        }
        Ok(())
    }

    /// Says whether there were any.
    pub(super) fn take(&self, doc: &mut Doc) -> Result<bool, String> {
        let mut any = false;
        for event in doc.names(&way(&["hooks"])) {
            any |= self.clear(doc, &event)?;
        }
        Ok(any)
    }

    /// Takes ours away from one event, and the event if nothing else is there.
    fn clear(&self, doc: &mut Doc, event: &str) -> Result<bool, String> {
        let ours = self.find(doc, event).unwrap_or_default();
        let any = !ours.is_empty();
        for at in ours.into_iter().rev() {
            self.remove(doc, event, at)?;
        }
        let rest = doc.get(&way(&["hooks", event]));
        if any && rest.is_some_and(|rest| rest.as_array().is_some_and(Vec::is_empty)) {
            doc.prune(&["hooks", event])?;
        }
        Ok(any)
    }

    fn find(&self, doc: &Doc, event: &str) -> Result<Vec<At>, String> {
        let entries = match doc.get(&way(&["hooks", event])) {
            None => return Ok(Vec::new()),
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(format!("`hooks.{event}` is no list")),
        };
        let mut found = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match self.shape {
                Shape::Flat if self.is_ours(entry) => found.push((index, None)),
                Shape::Flat => {}
                Shape::Groups => {
                    let inner = entry["hooks"].as_array().into_iter().flatten();
                    let inner = inner.enumerate().filter(|(_, one)| self.is_ours(one));
                    found.extend(inner.map(|(below, _)| (index, Some(below))));
                }
            }
        }
        Ok(found)
    }

    /// Makes one of ours what it should be. In a group with others, the group is theirs.
    fn renew(&self, doc: &mut Doc, on: &On, entry: &Tree, at: At) -> Result<(), String> {
        let (index, below) = at;
        let mut way = vec![
            Step::Name("hooks"),
            Step::Name(on.event),
            Step::Index(index),
        ];
        let there = doc.get(&way).unwrap_or_default();
        let is_shared = there["hooks"].as_array().is_some_and(|all| all.len() > 1);
        let wanted = match below {
            Some(below) if is_shared => {
                way.extend([Step::Name("hooks"), Step::Index(below)]);
                &on.handler
            }
            _ => entry,
        };
        match doc.get(&way) {
            Some(value) if value == wanted.value() => Ok(()),
            _ => doc.replace(&way, wanted),
        }
    }

    fn remove(&self, doc: &mut Doc, event: &str, at: At) -> Result<(), String> {
        let (index, below) = at;
        let mut way = vec![Step::Name("hooks"), Step::Name(event), Step::Index(index)];
        let there = doc.get(&way).unwrap_or_default();
        if let Some(below) = below
            && there["hooks"].as_array().is_some_and(|all| all.len() > 1)
        {
            way.extend([Step::Name("hooks"), Step::Index(below)]);
        }
        doc.remove(&way)
    }

    fn entry(&self, on: &On) -> Tree {
        let matcher = on.matcher.map(Tree::text);
        match self.shape {
            Shape::Flat => on.handler.clone().with("matcher", matcher),
            Shape::Groups => Tree::Map(Vec::new())
                .with("matcher", matcher)
                .with("hooks", Some(Tree::List(vec![on.handler.clone()]))),
        }
    }

    fn is_ours(&self, handler: &Value) -> bool {
        let commands = ["command", "bash", "powershell"];
        let mut commands = commands.iter().filter_map(|name| handler[name].as_str());
        commands.any(|command| calls(command, self.agent))
    }

    /// All of it, as the value of `hooks`.
    pub(super) fn tree(&self) -> Tree {
        let member = |on: &On| (on.event.to_owned(), Tree::List(vec![self.entry(on)]));
        Tree::Map(self.on.iter().map(member).collect())
    }
}

/// Whether a command runs our hook for this agent, in any spelling and with whatever around it.
fn calls(command: &str, agent: &str) -> bool {
    ["git-coord hook ", "git coord hook "].iter().any(|words| {
        command.split(words).skip(1).any(|rest| {
            let name = rest.trim_start();
            let end = name.find(|c: char| !c.is_ascii_alphanumeric());
            &name[..end.unwrap_or(name.len())] == agent
        })
    })
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn ours_are_known_by_what_they_run() {
        for (command, is_ours) in [
            ("git-coord hook claude", true),
            ("git coord hook claude || true", true),
            ("/opt/bin/git-coord hook claude PreToolUse", true),
            ("cd x && git-coord hook  claude;", true),
            ("git-coord hook claudette", false),
            ("git-coord hook codex", false),
            ("git-coord lock x", false),
            ("echo claude", false),
        ] {
            assert_eq!(calls(command, "claude"), is_ours, "{command}");
        }
    }
}
