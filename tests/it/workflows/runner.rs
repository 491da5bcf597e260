//! A runner of workflows: it does with a job what GitHub's does, in a clone of the sandbox. Actions of
//! others are stood in for; our own action and all steps that run something are run.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

use super::expression::{filled, holds};
use crate::support::{Hub, Outcome, Shell};

/// Where the workflow runs.
pub struct Runner {
    /// Has the search path and the home of the runner; no name, and no address.
    shell: Shell,
    /// The repository.
    url: String,
    workspace: PathBuf,
    /// What every step sees besides, such as where GitHub's API is.
    env: Vec<(String, String)>,
}

/// How a job ended.
pub struct Ran {
    /// Whether it was green.
    pub is_ok: bool,
    /// Whether it was passed over.
    pub is_skipped: bool,
    /// What the steps printed, each with its name before it.
    pub log: String,
    /// The job's summary.
    pub summary: String,
}

/// What a job or an action has while it runs.
struct Frame {
    /// The contexts that expressions read.
    all: Value,
    is_ok: bool,
}

/// A text of YAML as JSON.
#[track_caller]
pub fn read(text: &str) -> Value {
    let all = YamlLoader::load_from_str(text).unwrap();
    assert_eq!(all.len(), 1);
    json_of(&all[0])
}

fn json_of(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) | Yaml::Real(text) => text.clone().into(),
        Yaml::Integer(number) => (*number).into(),
        Yaml::Boolean(flag) => (*flag).into(),
        Yaml::Array(all) => all.iter().map(json_of).collect(),
        Yaml::Hash(all) => {
            let pairs = all.iter().map(|(key, value)| {
                // `on` is a truth in old YAML; not for this reader, nor for GitHub's.
                (key.as_str().unwrap().to_owned(), json_of(value))
            });
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Yaml::Null => Value::Null,
        other => panic!("{other:?}"),
    }
}

impl Runner {
    /// One that clones the hub.
    pub fn of(hub: &Hub, shell: &Shell) -> Self {
        // By an address: a clone of a path would have every object, also what no ref leads to.
        let url = format!("file://{}", hub.path().display());
        let workspace = hub.sandbox().join("workspace");
        Self {
            shell: shell
                .clone()
                .with("GIT_CONFIG_GLOBAL", "/dev/null")
                .with("GITHUB_ACTIONS", "true")
                .with("GITHUB_REPOSITORY", "o/r"),
            url,
            workspace,
            env: Vec::new(),
        }
    }

    /// The same, whose steps see one more variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs the only job of a workflow, for an event as the context `github` has it.
    #[track_caller]
    pub fn run(&self, workflow: &str, github: &Value) -> Ran {
        let workflow = read(workflow);
        let jobs = workflow["jobs"].as_object().unwrap();
        let job = jobs.values().next().unwrap();
        let runner = json!({
            "os": "Linux", "arch": "X64",
            "tool_cache": self.scratch("tools"), "temp": self.scratch("temp"),
        });
        let mut frame = Frame {
            all: json!({"github": github, "runner": runner, "steps": {}}),
            is_ok: true,
        };
        let mut ran = Ran {
            is_ok: true,
            is_skipped: false,
            log: String::new(),
            summary: String::new(),
        };
        if let Some(condition) = job["if"].as_str()
            && !holds(condition, &frame.all)
        {
            ran.is_skipped = true;
            return ran;
        }
        let _ = fs::remove_dir_all(&self.workspace);
        let _ = fs::remove_file(self.scratch("summary"));
        let _ = fs::remove_file(self.scratch("path"));
        for step in job["steps"].as_array().unwrap() {
            self.step(step, &mut frame, &mut ran);
        }
        ran.is_ok = frame.is_ok;
        ran.summary = fs::read_to_string(self.scratch("summary")).unwrap_or_default();
        ran
    }

    fn scratch(&self, name: &str) -> PathBuf {
        self.shell.sandbox().join(format!("runner-{name}"))
    }

    #[track_caller]
    fn step(&self, step: &Value, frame: &mut Frame, ran: &mut Ran) {
        let condition = step["if"].as_str();
        // A step after one that failed runs only if it says so.
        let asks = condition.is_some_and(|text| text.contains("cancelled()"));
        if !frame.is_ok && !asks || condition.is_some_and(|text| !holds(text, &frame.all)) {
            return;
        }
        let name = step["name"].as_str().unwrap_or_default();
        ran.log.push_str(&format!("# {name}\n"));
        let outputs = match step["uses"].as_str() {
            Some(uses) if uses.starts_with("actions/checkout@") => {
                self.check_out(step, frame);
                json!({})
            }
            // Nothing was cached.
            Some(uses) if uses.starts_with("actions/cache@") => json!({}),
            Some(uses) => {
                let place = uses
                    .strip_prefix("./")
                    .expect("an action of the repository");
                let file = self.workspace.join(place).join("action.yml");
                self.action(&file, step, frame, ran);
                json!({})
            }
            None => self.bash(step, frame, ran),
        };
        if let Some(id) = step["id"].as_str() {
            frame.all["steps"][id] = json!({"outputs": outputs});
        }
    }

    fn check_out(&self, step: &Value, frame: &Frame) {
        let wanted = filled(step["with"]["ref"].as_str().unwrap_or_default(), &frame.all);
        let wanted = if wanted.is_empty() { "main" } else { &wanted };
        let to = self.workspace.to_str().unwrap();
        let args = ["clone", "--quiet", "--branch", wanted, "--", &self.url, to];
        self.shell.git(args).ok();
        // It leaves the token in the clone, unless it is told not to.
        if step["with"]["persist-credentials"] != false {
            let key = "http.https://github.example/.extraheader";
            let left = ["-C", to, "config", key, "AUTHORIZATION: basic left"];
            self.shell.git(left).ok();
        }
    }

    fn action(&self, file: &Path, step: &Value, above: &mut Frame, ran: &mut Ran) {
        let action = read(&fs::read_to_string(file).unwrap());
        assert_eq!(action["runs"]["using"], "composite");
        let mut inputs = Map::new();
        for (name, input) in action["inputs"].as_object().unwrap() {
            let given = step["with"][name].as_str();
            let text = given.or(input["default"].as_str()).unwrap_or_default();
            inputs.insert(name.clone(), filled(text, &above.all).into());
        }
        for name in step["with"].as_object().unwrap().keys() {
            assert!(inputs.contains_key(name), "no input {name}");
        }
        let mut frame = Frame {
            all: json!({
                "github": above.all["github"], "runner": above.all["runner"],
                "steps": {}, "inputs": inputs,
            }),
            is_ok: true,
        };
        for step in action["runs"]["steps"].as_array().unwrap() {
            self.step(step, &mut frame, ran);
        }
        above.is_ok &= frame.is_ok;
    }

    /// Runs a script as `shell: bash` does.
    fn bash(&self, step: &Value, frame: &mut Frame, ran: &mut Ran) -> Value {
        assert_eq!(step["shell"], "bash", "{step}");
        let script = self.scratch("script");
        fs::write(&script, filled(step["run"].as_str().unwrap(), &frame.all)).unwrap();
        let output = self.scratch("output");
        fs::write(&output, "").unwrap();
        let mut shell = self.shell.clone().at(&self.workspace);
        let added = fs::read_to_string(self.scratch("path")).unwrap_or_default();
        for dir in added.lines() {
            shell = shell.finding(Path::new(dir));
        }
        for (name, file) in [
            ("GITHUB_OUTPUT", &output),
            ("GITHUB_PATH", &self.scratch("path")),
            ("GITHUB_STEP_SUMMARY", &self.scratch("summary")),
        ] {
            shell = shell.with(name, file);
        }
        for (name, value) in &self.env {
            shell = shell.with(name, value);
        }
        if let Some(env) = step["env"].as_object() {
            for (name, value) in env {
                shell = shell.with(name, filled(value.as_str().unwrap(), &frame.all));
            }
        }
        let script = script.to_str().unwrap();
        let args = ["--noprofile", "--norc", "-e", "-o", "pipefail", script];
        let done: Outcome = shell.command("bash", args).run();
        ran.log.push_str(&done.stdout);
        ran.log.push_str(&done.stderr);
        frame.is_ok &= done.code == 0;
        let said = fs::read_to_string(&output).unwrap();
        let pairs = said.lines().map(|line| line.split_once('=').unwrap());
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.into()));
        Value::Object(pairs.collect())
    }
}

impl Ran {
    /// Asserts that it was green.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.is_ok && !self.is_skipped, "{}", self.log);
        self
    }

    /// Asserts that it was red.
    #[track_caller]
    pub fn failed(self) -> Self {
        assert!(!self.is_ok, "{}", self.log);
        self
    }
}
