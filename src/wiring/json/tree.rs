//! Values that are to be written: their members keep the order in which they were given.

use serde_json::{Map, Number, Value};

/// A JSON value whose members have an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Count(u64),
    /// A text.
    Text(String),
    /// Several values.
    List(Vec<Self>),
    /// Named values.
    Map(Vec<(String, Self)>),
}

/// How a value is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout<'l> {
    /// On one line.
    Inline,
    /// One member a line, below a line that is indented so far.
    Lines {
        indent: &'l str,
        unit: &'l str,
        newline: &'l str,
    },
}

impl Tree {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Several texts.
    pub fn texts(all: &[&str]) -> Self {
        Self::List(all.iter().map(|text| Self::text(*text)).collect())
    }

    /// Named values.
    pub fn map<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Map(members.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The same with one more member, if there is one.
    pub fn with(mut self, name: &str, value: Option<Self>) -> Self {
        if let (Self::Map(members), Some(value)) = (&mut self, value) {
            members.push((name.to_owned(), value));
        }
        self
    }

    /// The value without an order, for comparing.
    pub fn value(&self) -> Value {
        match self {
            Self::Switch(yes) => Value::Bool(*yes),
            Self::Count(count) => Value::Number(Number::from(*count)),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(all) => Value::Array(all.iter().map(Self::value).collect()),
            Self::Map(members) => {
                let members = members
                    .iter()
                    .map(|(name, one)| (name.clone(), one.value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// The value as a file of its own.
    pub fn file(&self) -> String {
        let layout = Layout::Lines {
            indent: "",
            unit: "  ",
            newline: "\n",
        };
        self.written(layout) + "\n"
    }

    pub(super) fn written(&self, layout: Layout<'_>) -> String {
        match self {
            Self::Switch(_) | Self::Count(_) | Self::Text(_) => self.value().to_string(),
            Self::List(all) => {
                let is_plain = !all
                    .iter()
                    .any(|one| matches!(one, Self::List(_) | Self::Map(_)));
                let layout = if is_plain { Layout::Inline } else { layout };
                let lines = all
                    .iter()
                    .map(|one| one.written(layout.deeper(&layout.below())));
                enclosed('[', lines.collect(), ']', layout)
            }
            Self::Map(members) => {
                let lines = members.iter().map(|(name, one)| {
                    let name = Value::String(name.clone());
                    format!("{name}: {}", one.written(layout.deeper(&layout.below())))
                });
                enclosed('{', lines.collect(), '}', layout)
            }
        }
    }
}

impl<'l> Layout<'l> {
    /// The indentation of what is inside.
    fn below(self) -> String {
        match self {
            Self::Inline => String::new(),
            Self::Lines { indent, unit, .. } => format!("{indent}{unit}"),
        }
    }

    fn deeper<'d>(self, indent: &'d str) -> Layout<'d>
    where
        'l: 'd,
    {
        match self {
            Self::Inline => Layout::Inline,
            Self::Lines { unit, newline, .. } => Layout::Lines {
                indent,
                unit,
                newline,
            },
        }
    }
}

fn enclosed(open: char, lines: Vec<String>, close: char, layout: Layout<'_>) -> String {
    match layout {
        _ if lines.is_empty() => format!("{open}{close}"),
        Layout::Inline => format!("{open}{}{close}", lines.join(", ")),
        Layout::Lines {
            indent, newline, ..
        } => {
            let below = layout.below();
            let between = format!(",{newline}{below}");
            let lines = lines.join(&between);
            format!("{open}{newline}{below}{lines}{newline}{indent}{close}")
        }
    }
}
