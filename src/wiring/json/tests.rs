//! What is put into people's files and taken out of them again.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use serde_json::{Value, json};

use super::{Doc, Step, Tree, way};

fn group() -> Tree {
    Tree::map([
        ("matcher", Tree::text("Edit")),
        (
            "hooks",
            Tree::List(vec![Tree::map([("timeout", Tree::Count(9))])]),
        ),
    ])
}

/// What people write: each text, and whether everything about it comes back.
const FILES: &[&str] = &[
    "{}",
    "{}\n",
    "{\"a\":1}",
    "{ \"a\": 1 }\n",
    "{\"hooks\": {\"E\": [{\"x\": 1}]}}\n",
    "{\n  \"a\": 1\n}\n",
    "{\n  \"a\": 1,\n}\n",
    "{\n\t\"a\": 1,\n\t\"hooks\": {\n\t\t\"E\": [\n\t\t\t{ \"x\": 1 }\n\t\t]\n\t}\n}\n",
    "{\r\n    \"a\": 1\r\n}\r\n",
    "\u{feff}{\n  \"a\": 1\n}\n",
    "// top\n{\n  // first\n  \"a\": 1, // one\n  \"b\": 2 // two\n  // last\n}\n// end\n",
    "{\n  \"a\": 1 /* one */, /* more */\n}\n",
    "{ // nothing yet\n}\n",
    "{\n  /* nothing yet */ }\n",
    "{\n  \"hooks\": {\n    \"F\": [1,\n      2]}, \"b\": 3}\n",
    "{\"hooks\": {\"E\": [1, 2,]},}",
    "{\n  \"hooks\": { \"E\": [\n    1 ] }\n}",
];

#[test]
fn what_was_put_in_comes_out_and_nothing_else() {
    for before in FILES {
        let mut doc = Doc::parse(before).unwrap();
        let was: Value = doc.get(&[]).unwrap();
        doc.push(&["hooks", "E"], &group()).unwrap();
        doc.put(&["servers", "ours"], &group()).unwrap();
        let now = doc.get(&[]).unwrap();
        assert_eq!(now["servers"]["ours"], group().value(), "{before:?}");
        let list = now["hooks"]["E"].as_array().unwrap();
        assert_eq!(list.last().unwrap(), &group().value(), "{before:?}");
        // Nobody else's text is touched.
        for line in before.lines().filter(|line| line.contains("//")) {
            let comment = &line[line.find("//").unwrap()..];
            assert!(doc.text().contains(comment), "{}", doc.text());
        }
        doc.prune(&["servers", "ours"]).unwrap();
        let last = list.len() - 1;
        doc.remove(&[Step::Name("hooks"), Step::Name("E"), Step::Index(last)])
            .unwrap();
        if last == 0 {
            doc.prune(&["hooks", "E"]).unwrap();
        }
        assert_eq!(doc.text(), *before);
        assert_eq!(doc.get(&[]).unwrap(), was);
    }
}

#[test]
fn the_style_of_the_file_is_kept() {
    let put = |text: &str| {
        let mut doc = Doc::parse(text).unwrap();
        doc.put(&["m", "n"], &Tree::texts(&["x", "y"])).unwrap();
        doc.text()
    };
    for (before, after) in [
        ("", "{\n  \"m\": {\n    \"n\": [\"x\", \"y\"]\n  }\n}\n"),
        (
            "{\r\n\t\"a\": 1\r\n}",
            "{\r\n\t\"a\": 1,\r\n\t\"m\": {\r\n\t\t\"n\": [\"x\", \"y\"]\r\n\t}\r\n}",
        ),
        (
            "{\n    \"a\": 1, // why\n}\n",
            "{\n    \"a\": 1, // why\n    \"m\": {\n        \"n\": [\"x\", \"y\"]\n    },\n}\n",
        ),
        ("{\"a\":1}", "{\"a\":1, \"m\": {\"n\": [\"x\", \"y\"]}}"),
    ] {
        assert_eq!(put(before), after);
    }
}

#[test]
fn one_of_the_middle_goes_alone() {
    for (before, after) in [
        ("[1, 2, 3]", "[1, 3]"),
        ("[\n  1, // one\n  2,\n  3\n]", "[\n  1, // one\n  3\n]"),
        ("[\n  1, // one\n  2 ]", "[\n  1 // one\n ]"),
        ("[2]", "[2]"),
    ] {
        let mut doc = Doc::parse(&format!("{{\"l\": {before}}}")).unwrap();
        let is_there = doc.remove(&[Step::Name("l"), Step::Index(1)]).is_ok();
        assert_eq!(is_there, before != "[2]");
        assert_eq!(doc.text(), format!("{{\"l\": {after}}}"));
    }
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    let mut doc = Doc::parse("{\n  \"a\": {\"x\": 1}, // x\n  \"b\": 2\n}\n").unwrap();
    doc.replace(&way(&["a"]), &group()).unwrap();
    let text = doc.text();
    assert!(text.starts_with("{\n  \"a\": {\n    \"matcher\""), "{text}");
    assert!(text.ends_with("  }, // x\n  \"b\": 2\n}\n"), "{text}");
    assert_eq!(doc.get(&way(&["b"])), Some(json!(2)));
}

#[test]
fn what_cannot_be_read_or_does_not_fit_is_said() {
    for text in [
        "[]",
        "1",
        "{",
        "{\"a\" 1}",
        "{\"a\": 1 \"b\": 2}",
        "{a: 1}",
        "{'a': 1}",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": 1}}",
        "nonsense",
    ] {
        assert!(Doc::parse(text).is_err(), "{text}");
    }
    let mut doc = Doc::parse("{\"a\": 1, \"l\": []}").unwrap();
    assert!(doc.put(&["a", "b"], &group()).is_err());
    assert!(doc.push(&["a"], &group()).is_err());
    assert!(doc.put(&["l", "b"], &group()).is_err());
    assert!(doc.remove(&way(&["z"])).is_err());
    assert_eq!(doc.text(), "{\"a\": 1, \"l\": []}");
}
