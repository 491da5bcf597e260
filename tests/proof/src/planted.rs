//! The tests are tested: builds with a bug on purpose, and who notices it.
//!
//! First the simulation looks for it, in this process; what is not a matter of decisions is looked for
//! by end-to-end tests, with a program of which one build has all the bugs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use git_coord_proof::planted::{Bug, VARIABLE, plant};

use crate::simulation;
use crate::stage::{self, Stage};

/// Seeds in which a bug has to be found.
const SEEDS: u64 = 3000;
const STEPS: u64 = 300;

/// Bugs outside the decisions, and the end-to-end tests that have to notice them.
const BESIDE: [(Bug, &[&str]); 12] = [
    (Bug::AnswersTwice, &["relay::answers"]),
    (
        Bug::ClaimNotLookedAt,
        &["tasks::races::no_task_goes_to_two_and_none_is_lost_in_one_clone"],
    ),
    (
        Bug::NoFlush,
        &["disk_full::a_change_that_cannot_be_flushed_is_not_denied"],
    ),
    (
        Bug::SwapsAnything,
        &["histories::a_state_that_was_set_meanwhile_is_not_written_over"],
    ),
    (
        Bug::PushesAnything,
        &["authority::a_lost_race_is_decided_again"],
    ),
    (
        Bug::SilenceIsYes,
        &["authority::an_answer_that_nobody_can_give_is_unknown_and_safe_to_repeat"],
    ),
    (
        Bug::SilenceIsNo,
        &["authority::an_answer_that_is_lost_is_settled_by_looking"],
    ),
    (
        Bug::FollowsAnything,
        &["doctor::state::a_shortened_chain_is_restored"],
    ),
    (
        Bug::NoDeadline,
        &["authority::a_remote_that_hangs_ends_with_the_deadline_and_leaves_no_process"],
    ),
    (
        Bug::RefusesOnOldViews,
        &["authority::a_refusal_comes_only_from_a_fresh_view"],
    ),
    (
        Bug::AnswersBeforePublishing,
        &["group_commit::a_command_whose_carrier_died_is_done_once_and_answered"],
    ),
    (
        Bug::ForgetsPublished,
        &["group_commit::a_command_whose_carrier_died_is_done_once_and_answered"],
    ),
];

/// What nobody notices yet: the whole stage says so each time, the gate leaves it out.
const UNNOTICED: [Bug; 1] = [Bug::LandsTwice];

/// Plants what the simulation notices, which needs no further build.
pub fn in_process() -> Stage {
    let start = Instant::now();
    let mut stage = Stage {
        id: "S13a",
        name: "planted bugs, without processes",
        unit: "bugs",
        ..Stage::default()
    };
    for bug in Bug::ALL {
        if UNNOTICED.contains(&bug) || BESIDE.iter().any(|(other, _)| *other == bug) {
            continue;
        }
        stage.runs += 1;
        match find(bug) {
            Some((seed, what)) => println!("{}: simulation, seed {seed}: {what}", bug.name()),
            None => stage.violations.push(format!(
                "tests/proof/run planted {}: the simulation does not notice it",
                bug.name()
            )),
        }
    }
    stage.faults = stage.runs;
    let noticed = stage.runs - stage.violations.len() as u64;
    stage.figures.insert("noticed by the simulation", noticed);
    stage.secs = start.elapsed().as_secs_f64();
    stage
}

/// Plants each bug, or one of them.
pub fn stage(only: Option<&str>) -> Stage {
    let start = Instant::now();
    let mut stage = Stage {
        id: "S13",
        name: "planted bugs",
        unit: "bugs",
        ..Stage::default()
    };
    let wanted = |bug: &&Bug| only.is_none_or(|only| only == bug.name());
    let mut left = Vec::new();
    let mut simulated = 0;
    for bug in Bug::ALL.iter().filter(wanted) {
        stage.runs += 1;
        if BESIDE.iter().any(|(other, _)| other == bug) {
            left.push(*bug);
            continue;
        }
        match find(*bug) {
            Some((seed, what)) => {
                simulated += 1;
                println!("{}: simulation, seed {seed}: {what}", bug.name());
            }
            None => left.push(*bug),
        }
    }
    stage.faults = stage.runs;
    stage.figures.insert("noticed by the simulation", simulated);
    if !left.is_empty() {
        match Programs::build() {
            Err(why) => stage
                .violations
                .push(format!("nothing to test with: {why}")),
            Ok(programs) => {
                let mut noticed = 0;
                for bug in left {
                    match programs.find(bug) {
                        Ok(test) => {
                            noticed += 1;
                            println!("{}: {test}", bug.name());
                        }
                        Err(why) => stage
                            .violations
                            .push(format!("tests/proof/run planted {}: {why}", bug.name())),
                    }
                }
                stage.figures.insert("noticed by end-to-end tests", noticed);
            }
        }
    }
    stage.secs = start.elapsed().as_secs_f64();
    stage
}

/// The first seed in which the simulation notices a bug.
fn find(bug: Bug) -> Option<(u64, String)> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    plant(Some(bug));
    let found = (0..SEEDS).find_map(|seed| {
        let result = catch_unwind(AssertUnwindSafe(|| simulation::run(seed, STEPS)));
        let why = match result {
            Ok(Ok(_)) => return None,
            Ok(Err(why)) => why,
            Err(_) => "a panic".into(),
        };
        Some((
            seed,
            why.lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(160)
                .collect(),
        ))
    });
    plant(None);
    std::panic::set_hook(hook);
    found
}

/// The program with bugs, and the tests.
struct Programs {
    planted: PathBuf,
    tests: PathBuf,
    root: PathBuf,
}

impl Programs {
    fn build() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let planted = built(
            &root,
            &[
                "build",
                "--features",
                "planted",
                "--bin",
                "git-coord-planted",
            ],
        )?;
        let tests = built(&root, &["test", "--test", "it", "--no-run"])?;
        // Git and the tests look for it by its usual name.
        let dir = stage::dir().join("planted");
        let named = dir.join("git-coord");
        let place = || {
            std::fs::create_dir_all(&dir)?;
            let _ = std::fs::remove_file(&named);
            std::fs::hard_link(&planted, &named)
        };
        place().map_err(|why| format!("{}: {why}", named.display()))?;
        Ok(Self {
            planted: named,
            tests,
            root,
        })
    }

    /// The test that notices a bug.
    fn find(&self, bug: Bug) -> Result<String, String> {
        let tests = BESIDE.iter().find(|(other, _)| *other == bug);
        let Some((_, tests)) = tests else {
            return Err(
                "the simulation does not notice it, and no test is named that might".into(),
            );
        };
        for test in *tests {
            if !self.passes(test, "")? {
                return Err(format!("`{test}` fails without it as well"));
            }
            if !self.passes(test, &bug.name())? {
                return Ok(format!("test {test}"));
            }
        }
        Err(format!("{tests:?} pass with it"))
    }

    fn passes(&self, test: &str, bug: &str) -> Result<bool, String> {
        let mut command = Command::new(&self.tests);
        command
            .args([test, "--test-threads=2"])
            .current_dir(&self.root)
            .env("COORD_TESTED", &self.planted)
            .env(VARIABLE, bug)
            .stdin(Stdio::null());
        let output = command.output().map_err(|why| why.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        if text.contains("running 0 tests") {
            return Err(format!("there is no test `{test}`"));
        }
        Ok(output.status.success())
    }
}

/// Builds one target and returns where it is.
fn built(root: &Path, args: &[&str]) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(args)
        .args(["--locked", "--message-format=json", "-p", "git-coord"])
        .current_dir(root)
        .output()
        .map_err(|why| why.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut artifacts = text.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let name = message["target"]["name"].as_str()?.to_owned();
        Some((name, PathBuf::from(message["executable"].as_str()?)))
    });
    artifacts
        .rfind(|(name, _)| args.contains(&name.as_str()))
        .map(|(_, path)| path)
        .ok_or_else(|| format!("{args:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
