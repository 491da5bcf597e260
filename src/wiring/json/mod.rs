//! Somebody's JSON file, changed where it stands: every comment, blank, comma and line ending that
//! is not ours stays as it is.
//!
//! A change is a splice of the text at a place that the parser found, and the result is parsed
//! again before anybody sees it. Taking out what was put in gives the bytes from before, but for
//! blanks between the brackets of what was empty.

mod site;
mod tree;

use jsonc_parser::ast::Value as Node;
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::TokenAndRange;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use serde_json::Value;

use site::{Site, Splice};
use tree::Layout;
pub use tree::Tree;

/// The mark that some editors put before a text.
const BOM: char = '\u{feff}';

/// One step from a value to one inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'s> {
    /// To a member.
    Name(&'s str),
    /// To an element.
    Index(usize),
}

/// A JSON text, perhaps with comments and trailing commas.
#[derive(Clone, Debug)]
pub struct Doc {
    text: String,
    has_bom: bool,
}

/// The way to a member of members.
pub fn way<'s>(names: &[&'s str]) -> Vec<Step<'s>> {
    names.iter().map(|name| Step::Name(name)).collect()
}

impl Doc {
    /// Reads a text. One that is blank counts as an object without members.
    ///
    /// # Errors
    /// When it cannot be read, or is something else than an object: where, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let without = text.strip_prefix(BOM);
        let doc = Self {
            has_bom: without.is_some(),
            text: match without.unwrap_or(text) {
                blank if blank.trim().is_empty() => format!("{{}}{}", newline_of(text)),
                text => text.to_owned(),
            },
        };
        let is_object = doc.read(|root, _| matches!(root, Node::Object(_)))?;
        match is_object {
            true => Ok(doc),
            false => Err("it is no object".into()),
        }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let bom = if self.has_bom { "\u{feff}" } else { "" };
        format!("{bom}{}", self.text)
    }

    /// The value at the end of a way.
    pub fn get(&self, way: &[Step<'_>]) -> Option<Value> {
        let found = self.read(|root, _| find(root, way).cloned().map(Value::from));
        found.ok().flatten()
    }

    /// The names of the members of an object.
    pub fn names(&self, way: &[Step<'_>]) -> Vec<String> {
        let names = self.read(|root, _| match find(root, way) {
            Some(Node::Object(object)) => {
                let names = object.properties.iter();
                names.map(|one| one.name.as_str().to_owned()).collect()
            }
            _ => Vec::new(),
        });
        names.unwrap_or_default()
    }

    /// Adds a member, after all that are there. What leads to it is made where it is missing.
    ///
    /// # Errors
    /// When something on the way is there and is no object.
    pub fn put(&mut self, names: &[&str], value: &Tree) -> Result<(), String> {
        let Some((last, above)) = names.split_last() else {
            return Err("the whole file cannot be replaced".into());
        };
        if self.get(&way(above)).is_none() {
            let value = Tree::Map(vec![((*last).to_owned(), value.clone())]);
            return self.put(above, &value);
        }
        self.append(&way(above), Some(last), value)
    }

    /// Adds an element to a list, after all that are there; the list is made where it is missing.
    ///
    /// # Errors
    /// When something else is there.
    pub fn push(&mut self, names: &[&str], value: &Tree) -> Result<(), String> {
        match self.get(&way(names)) {
            None => self.put(names, &Tree::List(vec![value.clone()])),
            Some(_) => self.append(&way(names), None, value),
        }
    }

    /// Puts another value in the place of one.
    ///
    /// # Errors
    /// When there is none.
    pub fn replace(&mut self, way: &[Step<'_>], value: &Tree) -> Result<(), String> {
        let splices = self.read(|root, _| {
            let range = find(root, way)?.range();
            let indent = site::indent_of_line(&self.text, range.start);
            // Its own line, or one that it shares.
            let starts = site::start_of_line(&self.text, range.start);
            let before = self.text[starts..range.start].trim();
            let is_alone = before.is_empty() || before.starts_with('"') && before.ends_with(':');
            let written = value.written(match is_alone {
                true => self.lines(indent),
                false => Layout::Inline,
            });
            Some(vec![Splice::new(range.start, range.end, written)])
        })?;
        self.splice(splices.ok_or("nothing is there")?)
    }

    /// Takes a member or an element out.
    ///
    /// # Errors
    /// When there is none.
    pub fn remove(&mut self, way: &[Step<'_>]) -> Result<(), String> {
        let Some((last, above)) = way.split_last() else {
            return Err("the whole file cannot be removed".into());
        };
        let splices = self.read(|root, tokens| {
            let container = find(root, above)?;
            let index = match (last, container) {
                (Step::Index(index), Node::Array(_)) => *index,
                (Step::Name(name), Node::Object(object)) => {
                    let mut names = object.properties.iter();
                    names.position(|one| one.name.as_str() == *name)?
                }
                _ => return None,
            };
            Site::of(container, tokens)?.without(index, &self.text)
        })?;
        self.splice(splices.ok_or("nothing is there")?)
    }

    /// Takes a member out, and every object above it that has no other.
    ///
    /// # Errors
    /// As [`Doc::remove`].
    pub fn prune(&mut self, names: &[&str]) -> Result<(), String> {
        self.remove(&way(names))?;
        let mut above = names;
        while let Some((_, shorter)) = above.split_last() {
            above = shorter;
            if above.is_empty() || !self.names(&way(above)).is_empty() {
                break;
            }
            self.remove(&way(above))?;
        }
        Ok(())
    }

    fn append(&mut self, way: &[Step<'_>], name: Option<&str>, value: &Tree) -> Result<(), String> {
        let splices = self.read(|root, tokens| {
            let container = find(root, way)?;
            let fits = match container {
                Node::Object(_) => name.is_some(),
                Node::Array(_) => name.is_none(),
                _ => false,
            };
            let site = Site::of(container, tokens).filter(|_| fits)?;
            let name = name.map(|name| format!("{}: ", Value::from(name)));
            Some(
                site.with(&self.text, self.unit(), newline_of(&self.text), |indent| {
                    let layout = indent.map_or(Layout::Inline, |indent| self.lines(indent));
                    format!(
                        "{}{}",
                        name.as_deref().unwrap_or_default(),
                        value.written(layout)
                    )
                }),
            )
        })?;
        self.splice(splices.ok_or_else(|| format!("`{}` is something else", shown(way)))?)
    }

    /// Makes the changes, the last one first, and reads what came.
    fn splice(&mut self, mut splices: Vec<Splice>) -> Result<(), String> {
        let mut changed = self.clone();
        splices.sort_by_key(|splice| std::cmp::Reverse(splice.start));
        for splice in splices {
            let range = splice.start..splice.end;
            changed.text.replace_range(range, &splice.text);
        }
        changed.read(|_, _| ())?;
        *self = changed;
        Ok(())
    }

    fn read<T>(
        &self,
        look: impl FnOnce(&Node<'_>, &[TokenAndRange<'_>]) -> T,
    ) -> Result<T, String> {
        let collect = CollectOptions {
            comments: CommentCollectionStrategy::AsTokens,
            tokens: true,
        };
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed = parse_to_ast(&self.text, &collect, &options).map_err(|why| why.to_string())?;
        let root = parsed.value.ok_or("it has no value")?;
        if let Some(name) = twice(&root) {
            return Err(format!("`{name}` is there twice"));
        }
        Ok(look(&root, &parsed.tokens.unwrap_or_default()))
    }

    /// By how much a level is indented here.
    fn unit(&self) -> &'static str {
        const BLANKS: &str = "        ";
        let indented = self.text.lines().find_map(|line| {
            let rest = line.trim_start_matches([' ', '\t']);
            let blank = &line[..line.len() - rest.len()];
            (rest.starts_with('"') && !blank.is_empty()).then_some(blank)
        });
        match indented {
            Some(tabs) if tabs.starts_with('\t') => "\t",
            Some(blanks) => BLANKS.get(..blanks.len()).unwrap_or("  "),
            None => "  ",
        }
    }

    /// One member a line, below a line that is indented so far.
    fn lines<'l>(&self, indent: &'l str) -> Layout<'l> {
        Layout::Lines {
            indent,
            unit: self.unit(),
            newline: newline_of(&self.text),
        }
    }
}

/// How the lines of a text end.
pub fn newline_of(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

fn find<'n, 'a>(root: &'n Node<'a>, way: &[Step<'_>]) -> Option<&'n Node<'a>> {
    way.iter().try_fold(root, |node, step| match (step, node) {
        (Step::Name(name), Node::Object(object)) => Some(&object.get(name)?.value),
        (Step::Index(index), Node::Array(array)) => array.elements.get(*index),
        _ => None,
    })
}

/// A name that an object has twice: nobody can say which of the two counts.
fn twice(node: &Node<'_>) -> Option<String> {
    match node {
        Node::Object(object) => {
            let mut names: Vec<&str> = object
                .properties
                .iter()
                .map(|one| one.name.as_str())
                .collect();
            names.sort_unstable();
            let double = names.windows(2).find(|pair| pair[0] == pair[1]);
            let double = double.map(|pair| pair[0].to_owned());
            double.or_else(|| object.properties.iter().find_map(|one| twice(&one.value)))
        }
        Node::Array(array) => array.elements.iter().find_map(twice),
        _ => None,
    }
}

fn shown(way: &[Step<'_>]) -> String {
    let words: Vec<String> = way
        .iter()
        .map(|step| match step {
            Step::Name(name) => (*name).to_owned(),
            Step::Index(index) => index.to_string(),
        })
        .collect();
    words.join(".")
}

#[cfg(test)]
mod tests;
