//! Every operation as a program sees it: its name, what it is for, what it takes and gives back.
//!
//! Nothing is said here twice. Names, words and which arguments are needed come from the command
//! line's definition, types from the JSON of the very same structs; only what neither of them knows
//! (what an operation does to the world, and which answers it gives) is a table of its own.

mod effects;
mod input;
mod output;

use std::sync::{Arc, OnceLock};

use clap::{Command as CommandLine, Subcommand};
use serde_json::{Map, Value};

use crate::ops::Operation;

pub use effects::{Effect, SHELL_ONLY};
pub use output::brief as brief_output;

/// A JSON object.
pub type Object = Map<String, Value>;

/// One operation.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The words of the command line, such as `task claim`.
    pub words: String,
    /// The name as a tool, such as `task_claim`.
    pub tool: String,
    /// What it is for, and what comes back.
    pub about: String,
    /// The schema of its arguments.
    pub input: Arc<Object>,
    /// What it does to the world.
    pub effect: Effect,
    /// The names of its answers.
    pub answers: &'static [&'static str],
    /// Arguments that do not go together.
    conflicts: Vec<(String, String)>,
    /// Whether it has no arguments at all, not even an empty list of them.
    is_unit: bool,
}

/// All operations, in the order of the help.
pub fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut whole = Operation::augment_subcommands(CommandLine::new("git-coord"));
        whole.build();
        let types = input::Types::of_operations();
        let mut found = Vec::new();
        walk(&whole, &types, types.root(), "", &mut found);
        found
    })
}

/// The operation with these words, `task claim`, or with this name, `task_claim`.
pub fn find(name: &str) -> Option<&'static Entry> {
    all()
        .iter()
        .find(|entry| entry.words == name || entry.tool == name)
}

/// Goes down the command line and the types together.
fn walk(
    command: &CommandLine,
    types: &input::Types,
    variants: &Value,
    above: &str,
    into: &mut Vec<Entry>,
) {
    for command in command.get_subcommands() {
        let name = command.get_name();
        let Some(variant) = types.variant(variants, name) else {
            // What clap adds by itself.
            continue;
        };
        let words = format!("{above}{name}");
        if command.has_subcommands() {
            let what = types.property(variant, "what");
            let what = what.expect("because every group of commands has `what`");
            walk(command, types, what, &format!("{words} "), into);
            continue;
        }
        let Some((effect, answers)) = effects::of(&words) else {
            continue;
        };
        into.push(Entry {
            tool: words.replace([' ', '-'], "_"),
            about: about(command),
            input: Arc::new(types.input(variant, command, &words)),
            effect,
            answers,
            conflicts: conflicts(command),
            is_unit: variant.get("const").is_some(),
            words,
        });
    }
}

/// What the command line's help says, as one text.
fn about(command: &CommandLine) -> String {
    let text = command.get_long_about().or(command.get_about());
    text.map(ToString::to_string).unwrap_or_default()
}

fn conflicts(command: &CommandLine) -> Vec<(String, String)> {
    let pairs = command.get_arguments().flat_map(|arg| {
        let others = command.get_arg_conflicts_with(arg);
        others
            .into_iter()
            .map(move |other| (input::name(arg), input::name(other)))
    });
    pairs.collect()
}

impl Entry {
    /// The schema of its answers.
    pub fn output(&self) -> Object {
        output::of(self.answers)
    }

    /// The operation with these arguments.
    ///
    /// # Errors
    /// What is wrong with them, in words for who gave them.
    pub fn operation(&self, mut given: Object) -> Result<Operation, String> {
        given.retain(|_, value| !value.is_null());
        let takes = self.properties();
        if let Some(name) = given.keys().find(|name| !takes.contains_key(*name)) {
            let known: Vec<&str> = takes.keys().map(String::as_str).collect();
            let known = match known.is_empty() {
                true => "nothing".to_owned(),
                false => known.join(", "),
            };
            let name = name.escape_debug();
            return Err(format!(
                "`{}` takes no `{name}`; it takes {known}",
                self.words
            ));
        }
        for (name, value) in &mut given {
            input::loosen(value, &takes[name]);
        }
        let is_given = |name: &str| {
            given
                .get(name)
                .is_some_and(|value| !matches!(value, Value::Bool(false)) && !is_empty(value))
        };
        if let Some(missing) = self.required().find(|name| !is_given(name)) {
            return Err(format!("`{}` needs `{missing}`", self.words));
        }
        let clash = self
            .conflicts
            .iter()
            .find(|(one, other)| is_given(one) && is_given(other));
        if let Some((one, other)) = clash {
            return Err(format!("`{one}` and `{other}` do not go together"));
        }
        let mut words = self.words.split(' ').rev();
        let last = words.next().expect("because there is a name");
        let mut value = match self.is_unit {
            true => Value::String(last.into()),
            false => Value::Object(Object::from_iter([(last.to_owned(), given.into())])),
        };
        for group in words {
            let what = Object::from_iter([("what".to_owned(), value)]);
            value = Object::from_iter([(group.to_owned(), what.into())]).into();
        }
        serde_json::from_value(value).map_err(|why| format!("`{}`: {why}", self.words))
    }

    /// The arguments and the schema of each.
    pub fn properties(&self) -> &Object {
        static NONE: OnceLock<Object> = OnceLock::new();
        let found = self.input.get("properties").and_then(Value::as_object);
        found.unwrap_or_else(|| NONE.get_or_init(Object::new))
    }

    /// The arguments that it does not go without.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let names = self.input.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str)
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}
