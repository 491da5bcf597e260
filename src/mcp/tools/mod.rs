//! The tools that a server shows: the few of every day, all operations, or names of other systems.

mod compat;
mod core;
mod shape;

use std::collections::BTreeSet;

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::catalogue::{self, Effect, Entry, Object};

pub use compat::COMPAT;
pub use core::CORE;
pub use shape::Shape;

/// The tool that runs any operation by its name.
const ANY: &str = "coord";
const ANY_ABOUT: &str = "Any other operation, by name. Without arguments: all their names. With \
                         `schema`: what one takes.";

/// What a server shows.
#[derive(Clone, Debug)]
pub struct Tools(Vec<Shown>);

/// A tool.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Shape(&'static Shape),
    Operation(&'static Entry),
    Any,
}

/// What a call asks for.
#[derive(Debug)]
pub enum Asked {
    /// An operation with arguments.
    Operation(&'static Entry, Object),
    /// Something about operations, which is this.
    About(Value),
}

impl Tools {
    /// Reads `core`, `all`, `compat`, or names of tools with commas between them.
    ///
    /// # Errors
    /// A word that is none of these.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let mut shown: Vec<Shown> = Vec::new();
        for word in typed
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            match word {
                "core" => {
                    shown.extend(CORE.iter().map(Shown::Shape));
                    shown.push(Shown::Any);
                }
                "all" => shown.extend(catalogue::all().iter().map(Shown::Operation)),
                "compat" => shown.extend(COMPAT.iter().map(Shown::Shape)),
                name => shown.push(named(name).ok_or_else(|| {
                    format!(
                        "`{}` is no tool; see `git coord mcp --list`",
                        name.escape_debug()
                    )
                })?),
            }
        }
        // The first of a name counts: `core,all` has the tools of every day as they are.
        let mut names = BTreeSet::new();
        shown.retain(|tool| names.insert(tool.name()));
        match shown.is_empty() {
            true => Err("no tool is named".into()),
            false => Ok(Self(shown)),
        }
    }

    /// The names, in the order in which they are shown.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(Shown::name)
    }

    /// The whole list for a client.
    pub fn list(&self) -> Vec<Tool> {
        self.0.iter().map(Shown::tool).collect()
    }

    /// One of them for a client.
    pub fn get(&self, name: &str) -> Option<Tool> {
        self.find(name).map(|shown| shown.tool())
    }

    fn find(&self, name: &str) -> Option<&Shown> {
        self.0.iter().find(|shown| shown.name() == name)
    }

    /// What a call asks for; `None` when there is no such tool here.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn ask(&self, name: &str, given: Object) -> Option<Result<Asked, String>> {
        Some(match self.find(name)? {
            Shown::Shape(shape) => shape
                .resolve(given)
                .map(|(entry, given)| Asked::Operation(entry, given)),
            Shown::Operation(entry) => Ok(Asked::Operation(entry, given)),
            Shown::Any => any(given),
        })
    }
}

/// A tool by its name: that of every day first, then an operation, then that of another system.
fn named(name: &str) -> Option<Shown> {
    if name == ANY {
        return Some(Shown::Any);
    }
    let shape = |from: &'static [Shape]| from.iter().find(|shape| shape.name == name);
    let core = shape(CORE).map(Shown::Shape);
    core.or_else(|| catalogue::find(name).map(Shown::Operation))
        .or_else(|| shape(COMPAT).map(Shown::Shape))
}

/// Any operation by its name.
fn any(mut given: Object) -> Result<Asked, String> {
    let Some(name) = given.remove("operation") else {
        let names: Vec<&str> = catalogue::all().iter().map(|entry| &*entry.words).collect();
        return Ok(Asked::About(json!({ "ok": true, "operations": names })));
    };
    let name = name.as_str().unwrap_or_default().to_owned();
    let entry = catalogue::find(&name).ok_or_else(|| {
        let shell_only = catalogue::SHELL_ONLY
            .iter()
            .find(|(known, _)| *known == name);
        let name = name.escape_debug();
        match shell_only {
            Some((_, why)) => format!("`{name}` is for the command line only: {why}"),
            None => format!("`{name}` is no operation; without arguments `{ANY}` tells all names"),
        }
    })?;
    if given.remove("schema").is_some_and(|wanted| wanted == true) {
        return Ok(Asked::About(json!({
            "ok": true,
            "operation": entry.words,
            "about": entry.about,
            "arguments": *entry.input,
        })));
    }
    let arguments = match given.remove("arguments") {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Err("`arguments` is an object".into()),
    };
    match given.keys().next() {
        Some(name) => Err(format!(
            "`{ANY}` takes operation, arguments and schema, and no `{}`; what the operation takes \
             goes into `arguments`",
            name.escape_debug()
        )),
        None => Ok(Asked::Operation(entry, arguments)),
    }
}

impl Shown {
    fn name(&self) -> &'static str {
        match self {
            Self::Shape(shape) => shape.name,
            Self::Operation(entry) => &entry.tool,
            Self::Any => ANY,
        }
    }

    fn tool(&self) -> Tool {
        let (about, input, output, effect) = match self {
            Self::Shape(shape) => (
                shape.about,
                shape.input(),
                catalogue::brief_output(),
                shape.effect(),
            ),
            Self::Operation(entry) => (
                &*entry.about,
                Object::clone(&entry.input),
                entry.output(),
                entry.effect,
            ),
            Self::Any => {
                let Value::Object(input) = json!({
                    "type": "object",
                    "properties": {
                        "operation": { "type": "string" },
                        "arguments": { "type": "object" },
                        "schema": { "type": "boolean" },
                    },
                }) else {
                    unreachable!("it is one");
                };
                let worst = Effect {
                    reads: false,
                    destroys: true,
                    again: false,
                };
                (ANY_ABOUT, input, catalogue::brief_output(), worst)
            }
        };
        Tool::new(self.name(), about, input)
            .with_raw_output_schema(output.into())
            .with_annotations(annotations(effect))
    }
}

fn annotations(effect: Effect) -> ToolAnnotations {
    let annotations = ToolAnnotations::new()
        .read_only(effect.reads)
        .open_world(false);
    match effect.reads {
        // The others mean nothing then.
        true => annotations,
        false => annotations
            .destructive(effect.destroys)
            .idempotent(effect.again),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test says no

    use super::super::catalogue;
    use super::{COMPAT, CORE, Tools};

    /// Every deed names an operation and arguments that it has, and leaves out none that it needs.
    #[test]
    fn shapes_are_made_of_operations() {
        for shape in CORE.iter().chain(COMPAT) {
            assert!(!shape.input().is_empty());
            for deed in shape.deeds {
                let entry = catalogue::find(deed.does).unwrap_or_else(|| panic!("{deed:?}"));
                let theirs: Vec<&str> = deed
                    .takes
                    .iter()
                    .map(|text| text.split_once('>').map_or(*text, |(_, theirs)| theirs))
                    .map(|name| name.split(':').next().unwrap_or(name))
                    .collect();
                for name in &theirs {
                    let known = entry.properties().contains_key(*name);
                    assert!(known, "{} {}: {name}", shape.name, deed.word);
                }
                for needed in entry.required() {
                    assert!(
                        theirs.contains(&needed),
                        "{} {}: {needed}",
                        shape.name,
                        deed.word
                    );
                }
            }
        }
    }

    /// A list that is long costs every model that reads it.
    #[test]
    fn the_tools_of_every_day_are_few_and_short() {
        let tools = Tools::parse("core").unwrap().list();
        assert!(tools.len() <= 12);
        let text = serde_json::to_string(&tools).unwrap();
        assert!(text.len() <= 8_000, "{}", text.len());
    }

    /// The table is made from the shapes, so that it cannot be wrong about them.
    #[test]
    fn the_page_has_the_names_of_other_systems() {
        let page = include_str!("../../../docs/mcp.md");
        for shape in COMPAT {
            let does: Vec<String> = shape
                .deeds
                .iter()
                .map(|deed| match deed.word {
                    "" => format!("`{}`", deed.does),
                    word => format!("`{}` ({} {word})", deed.does, shape.by),
                })
                .collect();
            let mut takes: Vec<String> = Vec::new();
            for text in shape.deeds.iter().flat_map(|deed| deed.takes) {
                let (ours, theirs) = text.split_once('>').unwrap_or((text, text));
                let theirs = theirs.split(':').next().unwrap_or(theirs);
                let shown = match ours == theirs {
                    true => format!("`{ours}`"),
                    false => format!("`{ours}` → `{theirs}`"),
                };
                if !takes.contains(&shown) {
                    takes.push(shown);
                }
            }
            let row = format!(
                "| `{}` | {} | {} |\n",
                shape.name,
                does.join(", "),
                takes.join(", ")
            );
            assert!(page.contains(&row), "docs/mcp.md has not:\n{row}");
        }
    }
}
