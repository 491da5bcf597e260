//! What a tool is about to change, by its name and its input.
//!
//! Tools are known by their names, as the agents call them, in whatever case. Of everything else
//! nothing is known and nothing is said: reading, searching, and the tools of other servers.

use serde_json::Value;

use super::patch::patched;

/// What a tool does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// It writes these files.
    Write(Vec<String>),
    /// It runs a command, there if that is said.
    Run {
        /// The script.
        script: String,
        /// Where, from the agent's own directory.
        dir: Option<String>,
    },
    /// Nothing that is known to write.
    Nothing,
}

/// Tools that write the files that their input names.
const EDITS: &[&str] = &[
    "edit",
    "multiedit",
    "multi_edit",
    "write",
    "notebookedit",
    "editnotebook",
    "edit_notebook",
    "write_file",
    "replace",
    "strreplace",
    "str_replace",
    "search_replace",
    "delete",
    "delete_file",
    "edit_file",
    "create",
    "create_file",
    "insert",
    "insert_edit_into_file",
    "write_to_file",
];
/// The one whose first word says what it does.
const EDITOR: &[&str] = &["str_replace_editor", "str_replace_based_edit_tool"];
/// Tools whose input is a patch.
const PATCHES: &[&str] = &["apply_patch", "applypatch", "patch"];
/// Tools that run a command.
const SHELLS: &[&str] = &[
    "bash",
    "shell",
    "run_shell_command",
    "run_terminal_cmd",
    "local_shell",
    "exec_command",
    "shell_command",
    "run_command",
];
/// Where an input names files.
const PATHS: &[&str] = &[
    "file_path",
    "filePath",
    "path",
    "notebook_path",
    "notebookPath",
    "target_file",
    "targetFile",
    "target_notebook",
    "absolute_path",
    "filename",
    "file",
    "files",
    "paths",
    "file_paths",
    "edits",
];
/// Where an input has a patch.
const TEXTS: &[&str] = &[
    "command",
    "input",
    "patch",
    "patchText",
    "patch_text",
    "diff",
    "content",
];
/// Where an input has a command.
const SCRIPTS: &[&str] = &["command", "cmd", "script"];
/// Where an input says in which directory.
const DIRS: &[&str] = &[
    "dir_path",
    "directory",
    "workdir",
    "cwd",
    "working_directory",
];
/// Most files of one call.
const FILES_MAX: usize = 1_000;

/// What a call of a tool does. The input is an object, the text of one, or a bare text.
pub(super) fn act(tool: &str, input: &Value) -> Act {
    let tool = tool.to_ascii_lowercase();
    let is = |tools: &[&str]| tools.contains(&tool.as_str());
    let read;
    let input = match input.as_str().map(serde_json::from_str::<Value>) {
        Some(Ok(value)) if value.is_object() => {
            read = value;
            &read
        }
        _ => input,
    };
    if is(PATCHES) {
        // As a command, or alone.
        let words = TEXTS.iter().find_map(|field| input.get(field)?.as_array());
        let words = words.filter(|words| words.iter().all(Value::is_string));
        let patch = words.and_then(|words| words.last()?.as_str());
        let text = patch
            .or(input.as_str())
            .map(str::to_owned)
            .or_else(|| text(input, TEXTS));
        return write(patched(&text.unwrap_or_default(), 1));
    }
    if is(SHELLS) {
        let script = input
            .as_str()
            .map(str::to_owned)
            .or_else(|| words(input))
            .or_else(|| text(input, SCRIPTS));
        return match script {
            Some(script) => Act::Run {
                script,
                dir: text(input, DIRS),
            },
            None => Act::Nothing,
        };
    }
    let looks = || matches!(input.get("command").and_then(Value::as_str), Some("view"));
    if is(EDITS) || is(EDITOR) && !looks() {
        let mut paths = Vec::new();
        named(input, 0, &mut paths);
        return write(paths);
    }
    Act::Nothing
}

fn write(mut paths: Vec<String>) -> Act {
    paths.truncate(FILES_MAX);
    match paths.as_slice() {
        [] => Act::Nothing,
        _ => Act::Write(paths),
    }
}

/// The first of these fields that has a text: a string, or the words of a command.
fn text(input: &Value, fields: &[&str]) -> Option<String> {
    let mut found = fields.iter().filter_map(|field| input.get(field));
    found.find_map(|value| match value {
        Value::String(text) => Some(text.clone()),
        other => words(other),
    })
}

/// The script of a list of words.
fn words(value: &Value) -> Option<String> {
    let words = value.as_array()?.iter().map(Value::as_str);
    command(&words.collect::<Option<Vec<&str>>>()?)
}

/// The script of a command that is given word by word, such as `bash -lc SCRIPT`.
fn command(words: &[&str]) -> Option<String> {
    match words {
        [] => None,
        words => {
            let words = words
                .iter()
                .map(|word| crate::model::text::shell_word(word));
            Some(words.collect::<Vec<_>>().join(" "))
        }
    }
}

/// The files that an input names: in texts, in lists, and in lists of objects.
fn named(input: &Value, depth: usize, paths: &mut Vec<String>) {
    const DEPTH_MAX: usize = 3;
    if depth > DEPTH_MAX || paths.len() >= FILES_MAX {
        return;
    }
    for field in PATHS {
        match input.get(field) {
            Some(Value::String(path)) => paths.push(path.clone()),
            Some(Value::Array(all)) => {
                for one in all {
                    match one {
                        Value::String(path) => paths.push(path.clone()),
                        other => named(other, depth + 1, paths),
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Act, act};

    fn files(paths: &[&str]) -> Act {
        Act::Write(paths.iter().map(|path| (*path).to_owned()).collect())
    }

    fn run(script: &str, dir: Option<&str>) -> Act {
        Act::Run {
            script: script.into(),
            dir: dir.map(str::to_owned),
        }
    }

    const PATCH: &str = "*** Begin Patch\n*** Update File: src/a.rs\n*** Move to: src/b.rs\n@@\n-x\n+y\n*** Add File: new file.txt\n+*** Update File: src/quoted\n*** Delete File: old.rs\n*** End Patch\n";

    #[test]
    fn tools_of_every_agent() {
        let patch = files(&["src/a.rs", "src/b.rs", "new file.txt", "old.rs"]);
        let cases: Vec<(&str, Value, Act)> = vec![
            (
                "Edit",
                json!({"file_path": "/r/a.rs", "old_string": "x"}),
                files(&["/r/a.rs"]),
            ),
            (
                "MultiEdit",
                json!({"file_path": "/r/a", "edits": [{"old_string": "x"}]}),
                files(&["/r/a"]),
            ),
            (
                "Write",
                json!({"file_path": "a", "content": "path"}),
                files(&["a"]),
            ),
            (
                "NotebookEdit",
                json!({"notebook_path": "/r/n.ipynb"}),
                files(&["/r/n.ipynb"]),
            ),
            ("apply_patch", json!({"command": PATCH}), patch.clone()),
            (
                "apply_patch",
                json!({"command": ["apply_patch", PATCH]}),
                patch.clone(),
            ),
            ("apply_patch", json!({"patchText": PATCH}), patch.clone()),
            ("apply_patch", json!(PATCH), patch.clone()),
            (
                "apply_patch",
                json!({"input": PATCH}).to_string().into(),
                patch,
            ),
            ("write_file", json!({"file_path": "a.rs"}), files(&["a.rs"])),
            ("replace", json!({"file_path": "a.rs"}), files(&["a.rs"])),
            ("StrReplace", json!({"path": "a.rs"}), files(&["a.rs"])),
            ("Delete", json!({"file_path": "a.rs"}), files(&["a.rs"])),
            ("create", json!({"path": "a.rs"}), files(&["a.rs"])),
            ("edit", json!({"filePath": "a.rs"}), files(&["a.rs"])),
            ("edit", json!("{\"path\":\"a.rs\"}"), files(&["a.rs"])),
            (
                "multiedit",
                json!({"edits": [{"filePath": "a"}, {"filePath": "b"}]}),
                files(&["a", "b"]),
            ),
            ("editFiles", json!({"files": ["a"]}), Act::Nothing),
            (
                "str_replace_editor",
                json!({"command": "view", "path": "a"}),
                Act::Nothing,
            ),
            (
                "str_replace_editor",
                json!({"command": "create", "path": "a"}),
                files(&["a"]),
            ),
            ("Bash", json!({"command": "rm a"}), run("rm a", None)),
            ("bash", json!("rm a"), run("rm a", None)),
            (
                "shell",
                json!({"command": ["bash", "-lc", "rm 'a b'"]}),
                run("bash -lc 'rm '\\''a b'\\'''", None),
            ),
            // It passed unseen: what was left of it was no command.
            (
                "shell",
                json!({"command": ["apply_patch", "*** Delete File: a"]}),
                run("apply_patch '*** Delete File: a'", None),
            ),
            ("shell", json!(["rm", "a"]), run("rm a", None)),
            (
                "run_shell_command",
                json!({"command": "rm a", "dir_path": "src"}),
                run("rm a", Some("src")),
            ),
            ("Read", json!({"file_path": "a"}), Act::Nothing),
            (
                "mcp__git-coord__lock",
                json!({"keys": ["a"], "path": "a"}),
                Act::Nothing,
            ),
            ("", json!(null), Act::Nothing),
        ];
        for (tool, input, expected) in cases {
            assert_eq!(act(tool, &input), expected, "{tool} {input}");
        }
    }

    #[test]
    fn wrong_types_are_nothing() {
        let odd = [
            json!(null),
            json!(1),
            json!([]),
            json!({}),
            json!({"file_path": 1}),
            json!({"file_path": {"path": "a"}}),
            json!({"command": {"a": 1}}),
            json!({"command": [1, 2]}),
            json!({"files": [[["a"]]]}),
        ];
        for tool in ["Edit", "apply_patch", "Bash", "str_replace_editor"] {
            for input in &odd {
                assert_eq!(act(tool, input), Act::Nothing, "{tool} {input}");
            }
        }
    }
}
