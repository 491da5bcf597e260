//! Who is measured, and how they take turns.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

pub use super::patience::run;

use super::paper::Sample;

/// What is asked of a rival.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    Lock,
    Unlock,
    Add,
    Claim,
    Done,
}

/// One agent, with whatever it keeps open. `Ok(false)` is a refusal: somebody else holds it.
pub trait Client: Send {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String>;

    /// The command that a step starts, where it starts one.
    fn command(&mut self, _step: Step, _key: &str) -> Option<Command> {
        None
    }
}

/// Makes the n-th client; the first one pays for what all share.
type Open = dyn Fn(usize) -> Result<Box<dyn Client>, String> + Sync;

/// A way to do the work.
pub struct Rival {
    pub name: String,
    pub is_ours: bool,
    /// Whose word an answer is.
    pub says: &'static str,
    /// Whether a success has reached the disk: yes, no, or what is known.
    pub flushed: &'static str,
    /// Which of ours it is compared with: the one of this name.
    pub beside: &'static str,
    /// Whether an unlock is a step of its own.
    pub steps: &'static [Step],
    /// Where it keeps its records on disk, if that is to be measured with this one.
    pub kept: Option<PathBuf>,
    open: Box<Open>,
}

pub const LOCKS: &[Step] = &[Step::Lock, Step::Unlock];
pub const TASKS: &[Step] = &[Step::Add, Step::Claim, Step::Done];

impl Rival {
    pub fn new<C: Client + 'static>(
        name: impl Into<String>,
        open: impl Fn(usize) -> Result<C, String> + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            is_ours: false,
            says: "this clone",
            flushed: "no",
            beside: "",
            steps: LOCKS,
            kept: None,
            open: Box::new(move |n| open(n).map(|client| Box::new(client) as Box<dyn Client>)),
        }
    }

    pub fn ours(mut self) -> Self {
        self.is_ours = true;
        self
    }

    pub fn says(mut self, says: &'static str) -> Self {
        self.says = says;
        self
    }

    pub fn flushed(mut self, flushed: &'static str) -> Self {
        self.flushed = flushed;
        self
    }

    pub fn beside(mut self, beside: &'static str) -> Self {
        self.beside = beside;
        self
    }

    pub fn steps(mut self, steps: &'static [Step]) -> Self {
        self.steps = steps;
        self
    }

    pub fn kept(self, kept: &Path) -> Self {
        self.kept_if(true, kept)
    }

    pub fn kept_if(mut self, is_measured: bool, kept: &Path) -> Self {
        self.kept = is_measured.then(|| kept.to_owned());
        self
    }

    pub fn open(&self, number: usize) -> Result<Box<dyn Client>, String> {
        (self.open)(number)
    }
}

/// Everybody who takes part in a comparison, and who could not be had, with why.
#[derive(Default)]
pub struct Field {
    pub rivals: Vec<Rival>,
    pub missing: Vec<(String, String)>,
}

impl Field {
    pub fn add(&mut self, rival: Rival) {
        self.rivals.push(rival);
    }

    pub fn miss(&mut self, name: &str, why: impl Into<String>) {
        let why: String = why.into();
        eprintln!("missing: {name}: {why}");
        let why = why.lines().next().unwrap_or_default().trim();
        self.missing
            .push((name.into(), why.chars().take(160).collect()));
    }
}

/// A client that starts a program for each step.
pub struct Cold<F> {
    make: F,
    judge: fn(&Output) -> Result<bool, String>,
}

impl<F: FnMut(Step, &str) -> Command + Send> Cold<F> {
    /// Exit code 0 is a yes, and 1 a no.
    pub fn new(make: F) -> Self {
        Self { make, judge }
    }

    /// A yes is known by something else.
    pub fn judged(mut self, judge: fn(&Output) -> Result<bool, String>) -> Self {
        self.judge = judge;
        self
    }
}

impl<F: FnMut(Step, &str) -> Command + Send> Client for Cold<F> {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String> {
        (self.judge)(&run((self.make)(step, key))?)
    }

    fn command(&mut self, step: Step, key: &str) -> Option<Command> {
        Some((self.make)(step, key))
    }
}

fn judge(output: &Output) -> Result<bool, String> {
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(said(output)),
    }
}

pub fn said(output: &Output) -> String {
    let [err, out] = [&output.stderr, &output.stdout].map(|text| String::from_utf8_lossy(text));
    format!("{}: {} {}", output.status, err.trim(), out.trim())
}

/// The times of one rival's steps in milliseconds, a value for each round.
pub struct Taken<'r> {
    pub rival: &'r Rival,
    pub steps: Vec<(Step, Sample)>,
}

impl Taken<'_> {
    pub fn of(&self, step: Step) -> Option<&Sample> {
        let found = self.steps.iter().find(|(mine, _)| *mine == step);
        found.map(|(_, sample)| sample)
    }
}

/// How often everybody takes a turn, and after how much time a slow one has had enough of them.
#[derive(Clone, Copy)]
pub struct Turns {
    pub rounds: usize,
    pub budget: Duration,
}

/// Lets all of them do their steps in turn, each round begun by another one.
///
/// Who fails leaves, and is missing with the reason.
pub fn in_turns<'r>(
    rivals: &'r [Rival],
    turns: Turns,
    missing: &mut Vec<(String, String)>,
) -> Vec<Taken<'r>> {
    let mut running = Vec::new();
    for rival in rivals {
        match rival.open(0) {
            Ok(client) => {
                let steps = rival
                    .steps
                    .iter()
                    .map(|step| (*step, Sample::default()))
                    .collect();
                running.push((Taken { rival, steps }, client, Duration::ZERO, None));
            }
            Err(why) => missing.push((rival.name.clone(), why)),
        }
    }
    for round in 0..=turns.rounds {
        let count = running.len().max(1);
        for at in 0..running.len() {
            let (taken, client, spent, wrong) = &mut running[(at + round) % count];
            if wrong.is_some() || *spent > turns.budget {
                continue;
            }
            let key = crate::world::file(round % 90);
            for (step, sample) in &mut taken.steps {
                let start = Instant::now();
                let answer = client.act(*step, &key);
                let time = start.elapsed();
                *spent += time;
                match answer {
                    // The first round warms up.
                    Ok(true) if round > 0 => sample.0.push(time.as_secs_f64() * 1e3),
                    Ok(true) => {}
                    Ok(false) => *wrong = Some(format!("{step:?} of {key} was refused")),
                    Err(why) => *wrong = Some(format!("{step:?} of {key}: {why}")),
                }
                if wrong.is_some() {
                    break;
                }
            }
        }
    }
    let mut all = Vec::new();
    for (taken, _, _, wrong) in running {
        match wrong {
            Some(why) => {
                eprintln!("{}: {why}", taken.rival.name);
                let why = why.lines().next().unwrap_or_default().to_owned();
                missing.push((taken.rival.name.clone(), why));
            }
            None => all.push(taken),
        }
    }
    all
}
