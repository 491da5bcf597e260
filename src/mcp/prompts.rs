//! Ways of working, as prompts that a person chooses. Their words are ours alone: nothing that
//! others wrote goes into them.

use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};

use super::catalogue::Object;

/// Longest value of an argument, in characters.
const CHARS_MAX: usize = 300;

/// One prompt.
struct Text {
    name: &'static str,
    about: &'static str,
    /// Arguments, with what they are for; the first one is needed.
    takes: &'static [(&'static str, &'static str)],
    /// What is said; `{name}` stands for an argument.
    says: &'static str,
}

const ALL: &[Text] = &[
    Text {
        name: "start-work",
        about: "Begin: look around, take a task, lock what it needs",
        takes: &[],
        says: "You share this git repository with other agents and people.\n\
               1. Call `status` to see who is at work, what is locked and what waits for you.\n\
               2. Call `handoff` with action read: somebody may have left work on this branch.\n\
               3. Call `memory` with action recall about what you are going to do.\n\
               4. Call `task_next` with lock true, unless you were told what to do; then call \
               `lock` for the files you will change, with a reason.\n\
               5. If you are refused, do not work around it: wait, message the holder, or take \
               another task.\n\
               6. When you are done, call `task_update` with action done, and `unlock`.",
    },
    Text {
        name: "edit-safely",
        about: "Change one file without stepping on anybody",
        takes: &[("path", "The file"), ("what", "What is to be changed")],
        says: "Change `{path}`: {what}.\n\
               Before the first edit call `lock` with that path and a reason. If it is refused, \
               say who holds it and until when, call `check` with `about`, and do something else \
               or ask for it with `message`; do not edit it. When it is committed, call `unlock`.",
    },
    Text {
        name: "hand-over",
        about: "Leave your work so that somebody else can go on",
        takes: &[("to", "The agent, if it is for one")],
        says: "Stop at a point where the work can be taken over, commit what you have, and call \
               `handoff` with action write: a summary of how it stands, what is done, what is in \
               progress, what comes next, what was decided and why, and what you do not know. \
               It is for: {to}. Your locks are offered with it.",
    },
    Text {
        name: "resolve-conflict",
        about: "Find a way when somebody else has what you need",
        takes: &[("about", "The path, task, feature or branch")],
        says: "Something is in the way of `{about}`. Call `check` with `about` set to it and read \
               who or what it is. Then choose, in this order: do other work first; take a narrower \
               lock that does not overlap; stand in line with `lock` and `wait`; write to the \
               holder with `message` and say what you need and until when. Take a lock from its \
               holder only when a person tells you to.",
    },
    Text {
        name: "review",
        about: "Review what is to land",
        takes: &[("branch", "The branch or feature")],
        says: "Review `{branch}`. Call `check` with `about` set to it for what is in its way, and \
               `feature` with action drift when it is a feature: paths that were changed and not \
               announced need a reason. Read its commits. Write what you found as a comment on \
               its task with `task_update`. If it is good, call `queue` with action add.",
    },
];

/// The list for a client.
pub fn list() -> Vec<Prompt> {
    let all = ALL.iter().map(|text| {
        let takes = text.takes.iter().enumerate().map(|(index, (name, about))| {
            PromptArgument::new(*name)
                .with_description(*about)
                .with_required(index == 0 && *name != "to")
        });
        Prompt::new(text.name, Some(text.about), Some(takes.collect()))
    });
    all.collect()
}

/// One of them, filled in; `None` when there is no such one.
///
/// # Errors
/// Which argument is missing.
pub fn get(name: &str, given: &Object) -> Option<Result<GetPromptResult, String>> {
    let text = ALL.iter().find(|text| text.name == name)?;
    let mut says = text.says.to_owned();
    for (index, (name, _)) in text.takes.iter().enumerate() {
        let value = given.get(*name).and_then(|value| value.as_str());
        let value = match value.map(str::trim).filter(|value| !value.is_empty()) {
            Some(value) => value.chars().take(CHARS_MAX).collect(),
            None if *name == "to" => "whoever goes on".to_owned(),
            None if index == 0 => return Some(Err(format!("`{name}` is missing"))),
            None => "as you were told".to_owned(),
        };
        says = says.replace(&format!("{{{name}}}"), &value);
    }
    let message = PromptMessage::new_text(Role::User, says);
    Some(Ok(
        GetPromptResult::new(vec![message]).with_description(text.about)
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test says no

    use serde_json::json;

    use super::{ALL, get};

    #[test]
    fn every_argument_has_its_place() {
        for text in ALL {
            for (name, _) in text.takes {
                assert!(
                    text.says.contains(&format!("{{{name}}}")),
                    "{} {name}",
                    text.name
                );
            }
            let given = json!({ "path": "a.rs", "about": "a.rs", "branch": "b" });
            let got = get(text.name, given.as_object().unwrap()).unwrap().unwrap();
            let said = serde_json::to_string(&got).unwrap();
            assert!(!said.contains('{') || !said.contains("{path}"), "{said}");
        }
        assert!(
            get("edit-safely", &serde_json::Map::new())
                .unwrap()
                .is_err()
        );
        assert!(get("nothing", &serde_json::Map::new()).is_none());
    }
}
