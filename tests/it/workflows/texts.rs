//! What holds of every workflow, whatever it does.

use serde_json::Value;

use super::runner::read;
use super::{offered, text};

fn steps(file: &Value) -> Vec<Value> {
    let lists = match file["jobs"].as_object() {
        Some(jobs) => jobs.values().map(|job| &job["steps"]).collect(),
        None => vec![&file["runs"]["steps"]],
    };
    let lists = lists.into_iter().map(|list| list.as_array().unwrap());
    lists.flatten().cloned().collect()
}

#[test]
fn actions_of_others_are_pinned_by_commit() {
    let id = regex::Regex::new(r"^[a-z-]+/[a-z-]+@[0-9a-f]{40}$").unwrap();
    let mut count = 0;
    for (name, text) in offered() {
        for step in steps(&read(&text)) {
            let Some(uses) = step["uses"].as_str() else {
                continue;
            };
            count += 1;
            assert!(
                uses == "./.github/actions/coord" || id.is_match(uses),
                "{name}: {uses}"
            );
        }
        // People want to know which version that is.
        for line in text.lines().filter(|line| line.contains("uses: actions/")) {
            assert!(line.contains(" # v"), "{name}: {line}");
        }
    }
    assert!(count >= 8, "only {count} were found");
}

#[test]
fn nothing_of_an_event_is_in_a_script() {
    for (name, text) in offered() {
        for step in steps(&read(&text)) {
            if let Some(run) = step["run"].as_str() {
                assert!(!run.contains("${{"), "{name}: {run}");
                assert_eq!(step["shell"], "bash", "{name}");
            }
        }
    }
}

#[test]
fn rights_are_few_and_said() {
    for (name, text) in offered() {
        let file = read(&text);
        let Some(jobs) = file["jobs"].as_object() else {
            continue;
        };
        assert_eq!(file["permissions"], serde_json::json!({}), "{name}");
        for job in jobs.values() {
            let rights = job["permissions"].as_object().unwrap();
            assert!(!rights.is_empty(), "{name}");
            assert!(
                rights
                    .values()
                    .all(|right| right == "read" || right == "write")
            );
            assert!(job["timeout-minutes"].is_i64(), "{name}");
        }
        let turn = &file["concurrency"];
        assert_eq!(turn["cancel-in-progress"], false, "{name}");
        assert_eq!(turn["queue"], "max", "{name}");
        assert!(file["on"]["pull_request_target"].is_null(), "{name}");
        assert!(!text.contains("pull_request_target:"), "{name}");
    }
    let check = read(&text("coord-check.yml"));
    let rights = &check["jobs"]["coord-check"]["permissions"];
    assert_eq!(*rights, serde_json::json!({"contents": "read"}));
}

#[test]
fn only_the_main_branch_is_ever_checked_out() {
    for (name, text) in offered() {
        for step in steps(&read(&text)) {
            let uses = step["uses"].as_str().unwrap_or_default();
            if uses.starts_with("actions/checkout@") {
                let wanted = "${{ github.event.repository.default_branch }}";
                assert_eq!(step["with"]["ref"], wanted, "{name}");
                assert_eq!(step["with"]["fetch-depth"], 0, "{name}");
            }
        }
    }
}

#[test]
fn the_action_installs_this_version() {
    let action = read(&text("action.yml"));
    assert_eq!(
        action["inputs"]["version"]["default"],
        env!("CARGO_PKG_VERSION")
    );
}
