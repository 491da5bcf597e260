//! Whatever a text says, it is read or refused, and what is read hangs together.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::tests::how;
use super::{Format, Reading, Scale, read};

fn any_how() -> impl Strategy<Value = (Format, Scale, bool)> {
    let formats = vec![Format::Auto, Format::Json, Format::Markdown, Format::Github];
    let scales = vec![Scale::Zero, Scale::Five, Scale::Ten, Scale::Linear];
    let format = proptest::sample::select(formats);
    (format, proptest::sample::select(scales), any::<bool>())
}

/// Values as they stand in fields, right and wrong.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (0..6_u8).prop_map(|number| number.to_string()),
        "[a-c]{1,2}".prop_map(|text| format!("{text:?}")),
        Just("\"2026-03-01\"".to_owned()),
        Just("\"é\\u0000 ,#x\"".to_owned()),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..3);
        let list = list.prop_map(|items| format!("[{}]", items.join(",")));
        let name = proptest::sample::select(vec!["id", "name", "type", "depends_on_id", "trust"]);
        let object = (name, inner).prop_map(|(name, value)| format!("{{\"{name}\":{value}}}"));
        prop_oneof![list, object]
    })
}

fn object() -> impl Strategy<Value = String> {
    let names = vec![
        "id",
        "number",
        "title",
        "body",
        "priority",
        "labels",
        "parent",
        "depends",
        "blocks",
        "dependencies",
        "state",
        "assignees",
        "assignee",
        "requires",
        "keys",
        "due",
        "reviews",
        "ttl",
        "tasks",
        "on_fail",
        "sort",
    ];
    let field = (proptest::sample::select(names), value());
    proptest::collection::vec(field, 0..5).prop_map(|fields| {
        let fields = fields
            .into_iter()
            .map(|(name, value)| format!("\"{name}\":{value}"));
        let all: Vec<String> = fields.chain(["\"summary\":\"x\"".into()]).collect();
        format!("{{{}}}", all.join(","))
    })
}

fn any_text() -> impl Strategy<Value = String> {
    let objects = || proptest::collection::vec(object(), 0..5);
    let item = "[ \t]{0,6}([-*+]|1\\.) ?\\[[ xX/]\\] ?([a-c!#@p0-9()é\u{3000} :,]|\\(after: [a-c]\\)){0,12}\n";
    prop_oneof![
        2 => any::<String>(),
        2 => "[\\[\\]{}\",:a-c0-9 \n-]{0,40}",
        3 => objects().prop_map(|all| all.join("\n")),
        3 => objects().prop_map(|all| format!("[{}]", all.join(","))),
        3 => proptest::collection::vec(item, 0..8).prop_map(|lines| lines.concat()),
        1 => "([ \t]{0,4}(- \\[ \\]|```|~~~|[a-z]{0,3})[ a-z]{0,4}\n){0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_read_or_refused(text in any_text(), (format, scale, keep_ids) in any_how()) {
        let how = Reading { keep_ids, ..how(format, scale) };
        match read(&text, &how) {
            Ok(imported) => {
                let ids: Vec<_> = imported.tasks.iter().filter_map(|task| task.id.clone()).collect();
                let known: BTreeSet<_> = ids.iter().cloned().collect();
                prop_assert_eq!(ids.len(), known.len(), "an id was given twice");
                for (_, id) in &imported.names {
                    prop_assert!(known.contains(id));
                }
                for task in &imported.tasks {
                    // Deserializing checks every bound again.
                    let json = serde_json::to_string(task).unwrap();
                    let back: crate::model::task::New = serde_json::from_str(&json).unwrap();
                    prop_assert_eq!(&back, task);
                    prop_assert!(task.id.is_none() || !task.depends.contains(task.id.as_ref().unwrap()));
                }
                // The same text and seed are the same tasks.
                prop_assert_eq!(read(&text, &how).unwrap(), imported);
            }
            Err(wrong) => {
                let lines = text.lines().count().max(1) + 1;
                prop_assert!((1..=lines).contains(&wrong.line), "{} of {}", wrong, lines);
                prop_assert!(wrong.what.len() < 2000);
            }
        }
    }
}
