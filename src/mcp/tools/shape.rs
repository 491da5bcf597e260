//! Tools that are made of operations: fewer, or under the names that another system gave them.
//!
//! A shape only chooses and renames. What an argument is, and whether it is needed, stays with the
//! operation.

use serde_json::{Value, json};

use super::super::catalogue::{self, Effect, Entry, Object};

/// One tool over one or several operations.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// When to use it, and what comes back.
    pub about: &'static str,
    /// The argument that chooses among its deeds, when there are several.
    pub by: &'static str,
    /// What it can do; the first is meant when nothing else is said.
    pub deeds: &'static [Deed],
    /// What arguments are for, where the operation's words are too long or mean something else.
    pub words: &'static [(&'static str, &'static str)],
}

/// One thing that a tool does.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    /// The value that chooses it.
    pub word: &'static str,
    /// The operation.
    pub does: &'static str,
    /// Its arguments: the tool's name for each, and the operation's, as `text>result`; both are the
    /// same where there is one name. `ttl_minutes>ttl:m` makes a length of time of a number.
    pub takes: &'static [&'static str],
}

/// An argument of a tool and of its operation.
struct Pair {
    ours: &'static str,
    theirs: &'static str,
    unit: Option<&'static str>,
}

fn pairs(deed: &Deed) -> impl Iterator<Item = Pair> {
    deed.takes.iter().map(|text| {
        let (ours, rest) = text.split_once('>').unwrap_or((text, text));
        let (theirs, unit) = match rest.split_once(':') {
            Some((theirs, unit)) => (theirs, Some(unit)),
            None => (rest, None),
        };
        Pair { ours, theirs, unit }
    })
}

impl Deed {
    fn entry(&self) -> &'static Entry {
        catalogue::find(self.does).expect("because a test looks for all of them")
    }
}

impl Shape {
    /// What it does at worst.
    pub fn effect(&self) -> Effect {
        let effects = self.deeds.iter().map(|deed| deed.entry().effect);
        let worst = effects.reduce(|one, other| Effect {
            reads: one.reads && other.reads,
            destroys: one.destroys || other.destroys,
            again: one.again && other.again,
        });
        worst.expect("because a tool does something")
    }

    /// The schema of its arguments.
    pub fn input(&self) -> Object {
        let mut properties = Object::new();
        let mut required: Vec<&str> = Vec::new();
        if self.deeds.len() > 1 {
            let words: Vec<&str> = self.deeds.iter().map(|deed| deed.word).collect();
            let choice = match words.iter().all(|word| matches!(*word, "true" | "false")) {
                true => json!({ "type": "boolean" }),
                false => json!({ "type": "string", "enum": words }),
            };
            properties.insert(self.by.into(), choice);
        }
        for deed in self.deeds {
            let entry = deed.entry();
            for Pair { ours, theirs, unit } in pairs(deed) {
                let theirs = &entry.properties()[theirs];
                let known = properties.get(ours).and_then(|known| known.get("type"));
                if known.is_some_and(|kind| kind == "string") {
                    // One text is taken for a list of one, so the simpler of both types is told.
                    continue;
                }
                properties.insert(ours.into(), argument(theirs, unit).into());
            }
            if self.deeds.len() == 1 {
                let needed = |pair: &Pair| entry.required().any(|name| name == pair.theirs);
                required.extend(pairs(deed).filter(needed).map(|pair| pair.ours));
            }
        }
        for (name, schema) in &mut properties {
            if let Some((_, words)) = self.words.iter().find(|(known, _)| known == name) {
                schema["description"] = (*words).into();
            }
        }
        let mut input = Object::new();
        input.insert("type".into(), "object".into());
        input.insert("properties".into(), properties.into());
        if !required.is_empty() {
            input.insert("required".into(), required.into());
        }
        input
    }

    /// The operation that is meant, and its arguments.
    ///
    /// # Errors
    /// What is wrong, in words for who called.
    pub fn resolve(&self, mut given: Object) -> Result<(&'static Entry, Object), String> {
        given.retain(|_, value| !value.is_null());
        let chosen = match self.deeds.len() {
            1 => None,
            _ => given.remove(self.by),
        };
        let deed = match &chosen {
            Some(word) => {
                let word = word.as_str().map_or(word.to_string(), str::to_owned);
                let found = self.deeds.iter().find(|deed| deed.word == word);
                found.ok_or_else(|| {
                    let known: Vec<&str> = self.deeds.iter().map(|deed| deed.word).collect();
                    let (by, word) = (self.by, word.escape_debug());
                    format!("`{by}` is none of {}: `{word}`", known.join(", "))
                })?
            }
            None => self.meant(&given),
        };
        let entry = deed.entry();
        let mut mapped = Object::new();
        for (name, value) in given {
            let Some(Pair { theirs, unit, .. }) = pairs(deed).find(|pair| pair.ours == name) else {
                let known: Vec<&str> = pairs(deed).map(|pair| pair.ours).collect();
                let what = match deed.word {
                    "" => String::new(),
                    word => format!(" with {} `{word}`", self.by),
                };
                return Err(format!(
                    "`{}`{what} takes no `{}`; it takes {}",
                    self.name,
                    name.escape_debug(),
                    known.join(", ")
                ));
            };
            let value = match unit {
                Some(unit) => format!("{}{unit}", value.to_string().trim_matches('"')).into(),
                None => value,
            };
            mapped.insert(theirs.into(), value);
        }
        Ok((entry, mapped))
    }

    /// Without a word the first that takes all that was given and gets all that it needs.
    fn meant(&self, given: &Object) -> &'static Deed {
        let fits = |deed: &&Deed| {
            let takes = given
                .keys()
                .all(|name| pairs(deed).any(|pair| pair.ours == name));
            let needs = deed.entry().required().all(|name| {
                pairs(deed).any(|pair| pair.theirs == name && given.contains_key(pair.ours))
            });
            takes && needs
        };
        self.deeds.iter().find(fits).unwrap_or(&self.deeds[0])
    }
}

/// The type of an argument. Names that explain themselves cost no words.
fn argument(schema: &Value, unit: Option<&str>) -> Object {
    if unit.is_some() {
        return Object::from_iter([("type".to_owned(), "integer".into())]);
    }
    let mut argument = Object::new();
    for part in ["type", "items", "enum"] {
        if let Some(value) = schema.get(part) {
            argument.insert(part.into(), value.clone());
        }
    }
    if let Some(items) = argument.get_mut("items").and_then(Value::as_object_mut) {
        items.remove("description");
    }
    argument
}
