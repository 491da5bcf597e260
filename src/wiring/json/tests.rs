//! What is put into people's files and taken out of them again.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use proptest::prelude::*;
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

const BLANKS: &[&str] = &[
    "",
    "",
    " ",
    "\n",
    "\n  ",
    "\n\t",
    " // c, }\n",
    " /* c ] */ ",
    "\n// \"c\n    ",
];

/// What may stand between two tokens.
fn blank() -> impl Strategy<Value = String> {
    prop::sample::select(BLANKS).prop_map(str::to_owned)
}

fn listed(open: char, close: char, item: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let items = prop::collection::vec((blank(), item, blank()), 0..4);
    (items, any::<bool>(), blank())
        .prop_map(move |(items, has_last_comma, end)| {
            let count = items.len();
            let mut text = String::from(open);
            for (at, (before, item, after)) in items.into_iter().enumerate() {
                let name = if open == '{' {
                    format!("\"n{at}\":")
                } else {
                    String::new()
                };
                let comma = if at + 1 < count || has_last_comma {
                    ","
                } else {
                    ""
                };
                text.push_str(&format!("{before}{name}{item}{after}{comma}"));
            }
            // Blanks alone between brackets are what is not given back.
            let end = if count == 0 && !end.contains('c') {
                String::new()
            } else {
                end
            };
            text + &end + &close.to_string()
        })
        .boxed()
}

/// JSON texts in whatever form.
fn document() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&["1", "\"a\"", "null", "\"{[,\""]).prop_map(str::to_owned);
    let value = leaf.boxed().prop_recursive(3, 20, 4, |inner| {
        let list = listed('[', ']', inner.clone().boxed());
        prop_oneof![list, listed('{', '}', inner.boxed())].boxed()
    });
    (
        blank(),
        listed('{', '}', value.boxed()),
        blank(),
        any::<bool>(),
    )
        .prop_map(|(before, object, after, is_crlf)| {
            let text = format!("{before}{object}{after}");
            if is_crlf {
                text.replace('\n', "\r\n")
            } else {
                text
            }
        })
}

proptest! {
    #[test]
    fn any_text_is_given_back(before in document()) {
        let mut doc = Doc::parse(&before).unwrap();
        let was = doc.get(&[]).unwrap();
        doc.push(&["hooks", "E"], &group()).unwrap();
        doc.push(&["hooks", "E"], &Tree::Count(7)).unwrap();
        doc.put(&["servers", "ours"], &group()).unwrap();
        let now = doc.get(&[]).unwrap();
        prop_assert_eq!(&now["hooks"]["E"], &json!([group().value(), 7]));
        prop_assert_eq!(&now["servers"]["ours"], &group().value());
        doc.remove(&[Step::Name("hooks"), Step::Name("E"), Step::Index(0)]).unwrap();
        doc.prune(&["hooks", "E"]).unwrap();
        doc.prune(&["servers", "ours"]).unwrap();
        prop_assert_eq!(doc.text(), before);
        prop_assert_eq!(doc.get(&[]).unwrap(), was);
    }

    #[test]
    fn nothing_but_one_item_goes(before in document(), at in 0_usize..4) {
        let mut doc = Doc::parse(&before).unwrap();
        let mut was = doc.get(&[]).unwrap();
        let name = format!("n{at}");
        let removed = doc.remove(&[Step::Name(&name)]);
        let was_there = was.as_object_mut().unwrap().remove(&name).is_some();
        prop_assert_eq!(removed.is_ok(), was_there);
        prop_assert_eq!(doc.get(&[]).unwrap(), was);
    }
}
