//! Texts and the tasks that they are.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use super::{Format, Imported, Reading, Scale, Wrong, read};
use crate::model::id::{Id, OpId};
use crate::model::task::New;

pub(super) fn how(format: Format, scale: Scale) -> Reading<'static> {
    Reading {
        format,
        scale,
        keep_ids: false,
        once: None,
        seed: OpId::new(ulid::Ulid::from_parts(1, 7)),
        key: &|text| {
            text.parse()
                .map_err(|why: crate::model::key::KeyError| why.to_string())
        },
    }
}

fn auto(text: &str) -> Result<Imported, Wrong> {
    read(text, &how(Format::Auto, Scale::Zero))
}

/// One line for each task: what it says, in a short form.
fn drawn(imported: &Imported) -> Vec<String> {
    let title = |id: &Id| {
        let task = imported
            .tasks
            .iter()
            .find(|task| task.id.as_ref() == Some(id));
        task.map_or_else(|| format!("={id}"), |task| task.title.as_str().to_owned())
    };
    let titles = |ids: &mut dyn Iterator<Item = &Id>| {
        let mut titles: Vec<String> = ids.map(title).collect();
        titles.sort();
        titles.join("+")
    };
    let line = |task: &New| {
        let mut line = format!("{} {}", task.priority, task.title.as_str());
        let mut say = |word: &str, text: String| {
            if !text.is_empty() {
                line.push_str(&format!(" {word}={text}"));
            }
        };
        say(
            "sort",
            task.sort.iter().map(|word| word.to_string()).collect(),
        );
        let words = |words: &mut dyn Iterator<Item = String>| words.collect::<Vec<_>>().join(",");
        say(
            "labels",
            words(&mut task.labels.iter().map(ToString::to_string)),
        );
        say("in", titles(&mut task.parent.iter()));
        say("after", titles(&mut task.depends.iter()));
        say("reviews", titles(&mut task.reviews.iter()));
        say(
            "keys",
            words(&mut task.keys.iter().map(ToString::to_string)),
        );
        say(
            "for",
            task.assignee.iter().map(ToString::to_string).collect(),
        );
        say(
            "needs",
            words(&mut task.requires.capabilities.iter().map(ToString::to_string)),
        );
        say(
            "trust",
            task.requires
                .trust
                .iter()
                .map(ToString::to_string)
                .collect(),
        );
        say(
            "due",
            task.deadline.iter().map(ToString::to_string).collect(),
        );
        say(
            "ttl",
            task.ttl_secs.iter().map(ToString::to_string).collect(),
        );
        say(
            "tries",
            task.attempts_max.iter().map(ToString::to_string).collect(),
        );
        say("of", task.feature.iter().map(ToString::to_string).collect());
        say(
            "body",
            task.body
                .iter()
                .map(|body| format!("{:?}", body.as_str()))
                .collect(),
        );
        line
    };
    imported.tasks.iter().map(line).collect()
}

#[track_caller]
fn same(text: &str, expected: &[&str]) -> Imported {
    let imported = auto(text).unwrap();
    assert_eq!(drawn(&imported), expected, "{text}");
    imported
}

#[test]
fn json_with_our_fields() {
    let text = r#"
        {"id": "a", "title": "Parse", "sort": "bug", "priority": 0, "labels": ["Core", "core"],
         "keys": ["src/", "api:GET /x"], "assignee": "alice", "deadline": "2026-03-01",
         "requires": {"capabilities": ["rust"], "trust": 3}, "ttl_secs": 600, "attempts_max": 1,
         "feature": "login"}
        {"title": "Test", "depends": ["a", "3f2a91c4"], "parent": "a", "reviews": "a", "body": "x\ny"}
    "#;
    same(
        text,
        &[
            "p0 Parse sort=bug labels=core keys=src/,api:GET /x for=alice needs=rust trust=3 \
             due=2026-03-01T23:59:59Z ttl=10m tries=1 of=login",
            "p2 Test in=Parse after==3f2a91c4+Parse reviews=Parse body=\"x\\ny\"",
        ],
    );
}

#[test]
fn json_with_the_fields_of_others() {
    let beads = r#"{"id":"bd-1","title":"One","status":"open","priority":1,"issue_type":"feature",
        "created_at":"x","description":"d","acceptance_criteria":"it works"}
        {"id":"bd-2","title":"Two","status":"closed"}
        {"id":"bd-3","title":"Three","status":"in_progress","dependencies":[
          {"issue_id":"bd-3","depends_on_id":"bd-1","type":"blocks"},
          {"issue_id":"bd-3","depends_on_id":"bd-2","type":"blocks"},
          {"issue_id":"bd-3","depends_on_id":"bd-1","type":"related"},
          {"issue_id":"bd-3","depends_on_id":"bd-1","type":"parent-child"}]}"#;
    let imported = same(
        beads,
        &[
            "p1 One sort=feature body=\"d\\n\\nAcceptance criteria:\\nit works\"",
            "p2 Three in=One after=One",
        ],
    );
    assert_eq!(imported.skipped, 1);
    assert_eq!(imported.names.len(), 2);
    assert_eq!(
        imported.notes,
        [
            "1 relations that nothing waits for are not taken over",
            "fields that were not read: created_at"
        ]
    );
    let others = r#"[
        {"number": 1, "name": "A", "blocks": [2, "x y"], "tags": "one, two words", "priority": "high"},
        {"number": 2, "summary": "B", "dueDate": "2026-03-01T12:00:00+02:00"},
        {"id": "x y", "title": "C", "blockedBy": 2, "maxAttempts": 5}
    ]"#;
    same(
        others,
        &[
            "p1 A labels=one,two-words",
            "p2 B after=A due=2026-03-01T10:00:00Z",
            "p2 C after=A+B tries=5",
        ],
    );
    let wrapped = r#"{"ok": true, "tasks": [{"kind": "task", "sort": "epic", "title": "E"}]}"#;
    same(wrapped, &["p2 E sort=epic"]);
    same(
        r#"{"description": "\nDo it\nwell"}"#,
        &["p2 Do it body=\"\\nDo it\\nwell\""],
    );
}

#[test]
fn priorities_of_other_scales() {
    let cases = [
        (Scale::Zero, "3", Some(3)),
        (Scale::Zero, "5", None),
        (Scale::Five, "1", Some(0)),
        (Scale::Five, "5", Some(4)),
        (Scale::Five, "0", None),
        (Scale::Ten, "1", Some(0)),
        (Scale::Ten, "5", Some(2)),
        (Scale::Ten, "10", Some(4)),
        (Scale::Linear, "0", Some(2)),
        (Scale::Linear, "1", Some(0)),
        (Scale::Linear, "4", Some(3)),
        (Scale::Ten, "\"P3\"", Some(3)),
        (Scale::Zero, "\"2\"", Some(2)),
        (Scale::Zero, "\"Urgent\"", Some(0)),
        (Scale::Zero, "\"Trivial\"", Some(4)),
        (Scale::Zero, "\"soon\"", None),
        (Scale::Zero, "1.5", None),
        (Scale::Zero, "-1", None),
    ];
    for (scale, said, ours) in cases {
        let text = format!("{{\"title\": \"x\", \"priority\": {said}}}");
        let read = read(&text, &how(Format::Json, scale));
        let found = read.ok().map(|read| read.tasks[0].priority.get());
        assert_eq!(found, ours, "{said} of {scale:?}");
    }
}

#[test]
fn check_lists() {
    let text = "\
# Plan

- [ ] !0 Parse the config #core #io @alice (id: parse) (keys: src/, db:schema:users)
  It is in TOML.

  ```
  - [ ] no item
  ```
  * [x] read it
    - [ ] Keep #12 and p9 in the title (really) p3
  1. [ ] Test it (after: parse, check all)
- not an item
- [ ] Check all (after: 3f2a91c4) (due: 2026-03-01) (kind: bug) (needs: rust)

Text.
";
    let imported = same(
        text,
        &[
            "p0 Parse the config labels=core,io keys=src/,db:schema:users for=alice \
             body=\"It is in TOML.\\n\\n```\\n- [ ] no item\\n```\"",
            "p3 Keep #12 and p9 in the title (really) in=Parse the config",
            "p2 Test it in=Parse the config after=Check all+Parse the config",
            "p2 Check all sort=bug after==3f2a91c4 needs=rust due=2026-03-01T23:59:59Z",
        ],
    );
    assert_eq!(imported.skipped, 1);
    assert_eq!(imported.names[0].0, "parse");
}

/// They were one long id, and what it waited for was lost without a word.
#[test]
fn one_bracket_of_a_check_list_may_say_several_things() {
    same(
        "- [ ] Parse (id: parse, keys: src/, api:GET /a)\n\
         - [ ] Check (id: check)\n\
         - [ ] Test ( needs: rust , after: parse, check,kind: bug )\n",
        &[
            "p2 Parse keys=src/,api:GET /a",
            "p2 Check",
            "p2 Test sort=bug after=Check+Parse needs=rust",
        ],
    );
}

#[test]
fn issues_of_github() {
    let text = r#"[
      {"number": 12, "title": "Crash", "body": "It does.\n\nBlocked by #13, #14 and #99",
       "labels": [{"id": "x", "name": "bug"}, {"name": "priority: high"}, {"name": "good first issue"}],
       "state": "OPEN", "assignees": [{"login": "octo-cat"}]},
      {"number": 13, "title": "Base", "body": null, "labels": [], "state": "OPEN", "assignees": [{"login": "a"}, {"login": "b"}]},
      {"number": 14, "title": "Old", "body": "", "labels": [], "state": "CLOSED", "assignees": []}
    ]"#;
    let imported = same(
        text,
        &[
            "p1 Crash sort=bug labels=bug,gh-12,good-first-issue,priority:high after=Base \
             for=octo-cat body=\"It does.\\n\\nBlocked by #13, #14 and #99\"",
            "p2 Base labels=gh-13",
        ],
    );
    assert_eq!(imported.skipped, 1);
    assert_eq!(
        imported.notes,
        [
            "1 issues have several assignees and are for anybody here",
            "1 references lead out of this text and are not waited for: 99"
        ]
    );
    let long = format!(
        r#"[{{"number": 1, "title": "x", "state": "OPEN", "body": "{}"}}]"#,
        "é".repeat(20_000)
    );
    let imported = auto(&long).unwrap();
    let body = imported.tasks[0].body.as_ref().unwrap().as_str();
    assert!(body.ends_with("[the rest is in the issue]") && body.len() <= 16 * 1024);
}

#[test]
fn names_that_can_be_ids_are_kept_when_asked() {
    let text =
        r#"[{"id": "parse", "title": "A"}, {"id": "Not One", "title": "B", "depends": ["parse"]}]"#;
    let keeping = Reading {
        keep_ids: true,
        ..how(Format::Auto, Scale::Zero)
    };
    let imported = read(text, &keeping).unwrap();
    let ids: Vec<&str> = imported.names.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids[0], "parse");
    assert_eq!(ids[1].len(), 8);
    assert_ne!(auto(text).unwrap().names[0].1.as_str(), "parse");
}

#[test]
fn what_is_read_again_is_known_again() {
    let source = "plan".parse().unwrap();
    let once = Reading {
        once: Some(&source),
        ..how(Format::Auto, Scale::Zero)
    };
    let text = "- [ ] a\n- [ ] b (id: x)\n- [ ] a\n";
    let ids = |text: &str, seed: u128| {
        let once = Reading {
            seed: OpId::new(ulid::Ulid(seed)),
            ..once
        };
        let tasks = read(text, &once).unwrap().tasks;
        tasks
            .into_iter()
            .map(|task| (task.id.unwrap(), task.idempotency.unwrap()))
            .collect::<Vec<_>>()
    };
    let (first, more) = (ids(text, 1), ids(&format!("- [ ] new\n{text}"), 2));
    assert_eq!(first, more[1..]);
    let different: std::collections::BTreeSet<_> = more.iter().map(|(id, _)| id).collect();
    assert_eq!(different.len(), 4);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let many: String = (0..1001).map(|n| format!("- [ ] task {n}\n")).collect();
    let huge = " ".repeat(5 * 1024 * 1024);
    let cases = [
        (
            "{\"title\": \"a\"}\n\n{\"titel\": 1}",
            "line 3: the task has no `title`",
        ),
        (
            "{\"title\": \"a\",\n \"b\" 1}",
            "line 2: this is no JSON: expected `:`, at column 6",
        ),
        (
            "[{\"title\": \"a\"}\n{\"title\": \"b\"}]",
            "line 2: `,` or `]` is missing between tasks",
        ),
        (
            "[{\"title\": \"a\"}\n,\n]",
            "line 3: this is no JSON: expected value, at column 1",
        ),
        (
            "[{\"title\": \"a\"}\n",
            "line 2: `,` or `]` is missing between tasks",
        ),
        (
            "[{\"title\": \"a\"}]\n\n{}",
            "line 3: there is more after the end of the list",
        ),
        (
            "{\"title\": \"a\"}\n[]",
            "line 2: a list stands where a task belongs",
        ),
        (
            "{\"title\": [1]}",
            "line 1: `title`: a list stands where a text belongs",
        ),
        ("{\"title\": \" \"}", "line 1: the title: the text is blank"),
        (
            "{\"title\": \"a\", \"priority\": 9}",
            "line 1: `priority`: 9 is no priority from 0 to 4; for another scale see --scale",
        ),
        (
            "{\"title\": \"a\", \"depends\": [\"No One\"]}",
            "line 1: `depends`: there is no `No One` in this text, and it is no id of a task that exists",
        ),
        (
            "{\"title\": \"a\", \"deadline\": \"soon\"}",
            "line 1: `deadline`: `soon` is no time such as 2026-03-01 or 2026-03-01T12:00:00Z",
        ),
        (
            "{\"title\": \"a\", \"requires\": {\"trust\": 9}}",
            "line 1: `trust`: trust is a number from 0 to 4",
        ),
        (
            "{\"id\": 1, \"title\": \"a\"}\n{\"id\": \"1\", \"title\": \"b\"}",
            "line 2: the id `1` was in line 1 already",
        ),
        (
            "{\"id\": 1, \"title\": \"a\", \"depends\": [2]}\n{\"id\": 2, \"title\": \"b\", \"depends\": [1]}",
            "line 1: a circle: `1` waits for `2` waits for `1`",
        ),
        (
            "{\"id\": 1, \"title\": \"a\", \"parent\": 1}",
            "line 1: a circle: `1` is a part of `1`",
        ),
        (
            "just text",
            "line 1: there is no item of a check list, such as `- [ ] title`, in this text",
        ),
        ("x\n- [ ]", "line 2: the title: the text is blank"),
        (
            "- [ ] a (after: B C)",
            "line 1: `depends`: there is no `B C` in this text, and it is no id of a task that exists",
        ),
        (
            "- [ ] a\n- [ ] A\n- [ ] b (after: a)",
            "line 3: `depends`: several tasks are called `a`; give the one a name of its own, such as `(id: x)`",
        ),
        (
            &many,
            "line 1001: more than 1000 tasks; add them in several files",
        ),
        (
            &huge,
            "line 1: the text has 5242880 bytes; at most 4194304 are read",
        ),
    ];
    for (text, expected) in cases {
        let shown: String = text.chars().take(80).collect();
        assert_eq!(auto(text).unwrap_err().to_string(), expected, "{shown}");
    }
}
