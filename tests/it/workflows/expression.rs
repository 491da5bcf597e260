//! The expressions of GitHub's workflows, as far as ours use them: names, texts, `==`, `!=`, `!`, `&&`,
//! `||` and a few functions.

use serde_json::Value;

/// Puts the values into a text, as a runner does before anything else.
#[track_caller]
pub fn filled(text: &str, all: &Value) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an expression that ends");
        filled.push_str(before);
        filled.push_str(&words(&value(expression, all)));
        rest = after;
    }
    filled + rest
}

/// Whether a condition holds; its braces may be left out.
#[track_caller]
pub fn holds(condition: &str, all: &Value) -> bool {
    let inner = condition.trim();
    let inner = inner.strip_prefix("${{").unwrap_or(inner);
    is_true(&value(inner.strip_suffix("}}").unwrap_or(inner), all))
}

#[track_caller]
fn value(text: &str, all: &Value) -> Value {
    let mut reader = Reader { rest: text, all };
    let value = reader.any();
    reader.blank();
    assert!(
        reader.rest.is_empty(),
        "`{text}`: what is `{}`?",
        reader.rest
    );
    value
}

struct Reader<'t> {
    rest: &'t str,
    all: &'t Value,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eats(&mut self, word: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Value {
        let mut left = self.both();
        while self.eats("||") {
            let right = self.both();
            left = if is_true(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> Value {
        let mut left = self.same();
        while self.eats("&&") {
            let right = self.same();
            left = if is_true(&left) { right } else { left };
        }
        left
    }

    fn same(&mut self) -> Value {
        let left = self.one();
        if self.eats("==") {
            return Value::Bool(words(&left) == words(&self.one()));
        }
        if self.eats("!=") {
            return Value::Bool(words(&left) != words(&self.one()));
        }
        left
    }

    fn one(&mut self) -> Value {
        if self.eats("!") {
            return Value::Bool(!is_true(&self.one()));
        }
        if self.eats("(") {
            let value = self.any();
            assert!(self.eats(")"));
            return value;
        }
        if self.eats("'") {
            let (text, rest) = self.rest.split_once('\'').expect("a text that ends");
            self.rest = rest;
            return text.into();
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if self.eats("(") {
            let mut given = Vec::new();
            while !self.eats(")") {
                given.push(self.any());
                self.eats(",");
            }
            return called(name, &given);
        }
        let mut found = self.all;
        for part in name.split('.') {
            found = &found[part];
        }
        found.clone()
    }
}

fn called(name: &str, given: &[Value]) -> Value {
    match name {
        "format" => {
            let mut text = words(&given[0]);
            for (place, value) in given[1..].iter().enumerate() {
                text = text.replace(&format!("{{{place}}}"), &words(value));
            }
            text.into()
        }
        "cancelled" => false.into(),
        other => panic!("no function {other} is known here"),
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(words(value).as_str(), "" | "false" | "0")
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn expressions_come_out_as_on_github() {
    let all = serde_json::json!({
        "a": {"b": "x", "n": 7},
        "flag": true,
    });
    for (text, is) in [
        ("${{ a.b }}-${{ a.n }}", "x-7"),
        ("${{ a.none }}", ""),
        ("${{ a.b == 'x' && format('--{0}', a.n) || '' }}", "--7"),
        ("${{ a.b != 'x' && 'yes' || 'no' }}", "no"),
        ("${{ !cancelled() }}", "true"),
        ("${{ (flag && a.b) }}", "x"),
    ] {
        assert_eq!(filled(text, &all), is, "{text}");
    }
    assert!(holds("a.b == 'x' || flag", &all) && !holds("${{ !flag }}", &all));
}
