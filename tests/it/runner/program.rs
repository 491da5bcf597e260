//! A program that runs one check, for tests that need one of its own: to be killed, or to see with
//! which environment it is run. It is this test binary, asked to run a single test.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use git_coord::coord::{About, Coord, Reach};
use git_coord::model::queue::Outcome;
use git_coord::runner::{Event, Job, Pool, Spec, Step, Trouble, Watch, expected};
use serde_json::{Value, json};

use crate::support::{Invocation, Shell};

/// The variable with what is asked.
const ASK: &str = "RUNNER_ASK";
/// What the line with the answer begins with.
pub const SAID: &str = "SAID ";

/// The program, about to run.
pub fn prepared(shell: &Shell, ask: &Value) -> Invocation {
    let program = env::current_exe().unwrap();
    let args = [
        "--exact",
        "runner::program::runs_when_it_is_asked",
        "--nocapture",
    ];
    shell.command(program, args).env(ASK, ask.to_string())
}

#[test]
fn runs_when_it_is_asked() {
    let Some(ask) = env::var(ASK).ok() else {
        return;
    };
    let ask: Value = serde_json::from_str(&ask).unwrap();
    let said = run(&ask).unwrap_or_else(|trouble| {
        let hint = match &trouble {
            Trouble::Refused { hint, .. } => Some(hint.clone()),
            Trouble::Store(_) => None,
        };
        json!({"trouble": trouble.to_string(), "hint": hint})
    });
    println!("\n{SAID}{said}");
}

/// What was told, as words.
#[derive(Default)]
struct Words(Mutex<Vec<String>>);

impl Watch for Words {
    fn told(&self, event: &Event<'_>) {
        let word = match event.step {
            Step::Preparing => "preparing".into(),
            Step::Command {
                command,
                number,
                of,
            } => format!("{number}/{of} {command}"),
            Step::Running { .. } => return,
            Step::Ended(ended) => format!("{:?}", ended.outcome),
            Step::GivenUp => "given up".into(),
        };
        self.0.lock().unwrap().push(word);
    }
}

fn run(ask: &Value) -> Result<Value, Trouble> {
    let coord = Coord::open(Path::new("."), None).unwrap();
    let pool = Pool::of(&coord)?;
    if ask["clear"] == true {
        let cleared = pool.clear()?;
        return Ok(json!({"removed": cleared.removed, "in_use": cleared.in_use}));
    }
    if let Some(requests) = ask["requests"].as_array() {
        for request in requests {
            let request = serde_json::from_value(request.clone()).unwrap();
            coord.handle(request).unwrap();
        }
        let expected = serde_json::from_value(ask["check"].clone())
            .map(|check| expected(&coord.view(None).unwrap(), &check).map(|time| time.as_millis()));
        coord.render_notes(About::Checks, Reach::Shared).unwrap();
        return Ok(json!({"expected": expected.ok()}));
    }
    let id = |name: &str| ask[name].as_str().unwrap().parse().unwrap();
    let given: Vec<String> = serde_json::from_value(ask["given"].clone()).unwrap();
    let spec = match Spec::of(coord.repo(), &id("tip"), &given) {
        Ok(spec) => spec,
        Err(why) => return Ok(json!({"trouble": why.to_string()})),
    };
    let job = Job {
        commit: id("commit"),
        target: "main".parse().unwrap(),
        entries: vec!["one".parse().unwrap(), "two".parse().unwrap()],
        what: "one and two".into(),
        expected: None,
    };
    let slot = pool.take()?;
    let watch = Words::default();
    let stop = || {
        ask["stop"]
            .as_str()
            .is_some_and(|file| Path::new(file).exists())
    };
    let ended = slot.run(&job, &spec, &stop, &watch)?;
    let events = watch.0.into_inner().unwrap();
    let mut said = json!({
        "slot": slot.number(),
        "dir": slot.dir(),
        "check": spec.id(),
        "shown": spec.shown(),
        "events": events,
        "peak": peak(),
    });
    if let Some(ended) = ended {
        said["outcome"] = match ended.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::TimedOut => "timed-out",
        }
        .into();
        said["exit"] = ended.exit.into();
        said["tail"] = json!(ended.tail);
        said["log"] = json!(ended.log);
    }
    Ok(said)
}

/// The most memory that this process ever had, in KiB; unknown on other systems than Linux.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
