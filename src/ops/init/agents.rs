//! The files of coding agents: our pieces go in, or out.

use std::path::PathBuf;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::wired::{Files, Found, is_wired};
use crate::coord::{Coord, Failure};
use crate::env;
use crate::wiring::{self, Agent, ByHand, Wish};

/// A coding agent, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// Claude Code
    Claude,
    /// Codex CLI
    Codex,
    /// Gemini CLI
    Gemini,
    /// Cursor
    Cursor,
    /// GitHub Copilot
    Copilot,
    /// OpenCode
    Opencode,
    /// Aider
    Aider,
    /// All of these
    All,
}

/// What became of the files of agents.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Wired {
    /// The agents.
    pub agents: Vec<Agent>,
    /// Each file, once.
    pub files: Vec<File>,
    /// What a person has to do now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<TrustStep>,
    /// What a person should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The program that an agent with this search path runs; absent when it would find none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<PathBuf>,
}

/// A file of agents.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct File {
    /// Where it is, from the top of the working tree.
    pub path: String,
    /// The agents that read it; none of a workflow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Agent>,
    /// What became of it, or would.
    pub did: Did,
    /// What is left to a person, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<Left>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It was not there.
    Created,
    /// Our pieces came to what was there, or were renewed.
    Merged,
    /// It was already as it should be.
    Unchanged,
    /// Nothing could be done with it.
    LeftAlone,
    /// Our pieces went; the rest is there.
    TakenOut,
    /// There was nothing in it but our pieces.
    Removed,
}

/// Something that only a person can do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Left {
    /// Why.
    pub why: String,
    /// The lines that are wanted; empty where something is to be taken out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub add: String,
}

/// What a person has to do for an agent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TrustStep {
    /// The agent.
    pub agent: Agent,
    /// What to do.
    pub step: String,
}

/// The agents that are meant, each once.
pub(super) fn named(wanted: &[Wanted]) -> Vec<Agent> {
    let is_wanted = |agent: &Agent| {
        wanted
            .iter()
            .any(|wanted| wanted.agent().is_none_or(|one| one == *agent))
    };
    Agent::ALL.into_iter().filter(is_wanted).collect()
}

impl Wanted {
    /// The one, or none for all.
    fn agent(self) -> Option<Agent> {
        match self {
            Self::Claude => Some(Agent::Claude),
            Self::Codex => Some(Agent::Codex),
            Self::Gemini => Some(Agent::Gemini),
            Self::Cursor => Some(Agent::Cursor),
            Self::Copilot => Some(Agent::Copilot),
            Self::Opencode => Some(Agent::Opencode),
            Self::Aider => Some(Agent::Aider),
            Self::All => None,
        }
    }
}

/// Puts our pieces in.
pub(super) fn put(
    coord: &Coord,
    agents: Vec<Agent>,
    wish: Wish,
    dry_run: bool,
) -> Result<Wired, Failure> {
    let files = Files::of(coord)?;
    let parts = wiring::parts(&agents, wish);
    let done = files.look(&parts).into_iter();
    let done = done.map(|found| put_one(&files, found, dry_run)).collect();
    let program = env::find_program("git-coord");
    let mut notes = Vec::new();
    if program.is_none() {
        notes.push(
            "`git-coord` is not on this PATH: agents that are started with it find neither its hooks \
             nor its server"
                .into(),
        );
    }
    if wish.fail_closed {
        notes.extend(agents.iter().map(|agent| match agent.fails_closed() {
            Some(how) => format!("{agent}: no edit when git-coord cannot be asked ({how})"),
            None => format!("{agent} cannot be made to stop when git-coord cannot be asked"),
        }));
        notes.push(
            "an edit also stops where git-coord can be asked and cannot tell, with \
             `git config coord.failClosed true`"
                .into(),
        );
    }
    let step = |agent: &Agent| TrustStep {
        agent: *agent,
        step: agent.trust_step().into(),
    };
    Ok(Wired {
        steps: agents.iter().map(step).collect(),
        files: done,
        agents,
        notes,
        program,
    })
}

/// Takes our pieces out, but for those that another agent still needs.
pub(super) fn take(coord: &Coord, agents: Vec<Agent>, dry_run: bool) -> Result<Wired, Failure> {
    let files = Files::of(coord)?;
    let all = wiring::parts(&Agent::ALL, Wish::default());
    let found = files.look(&all);
    let others: Vec<Agent> = Agent::ALL
        .into_iter()
        .filter(|agent| !agents.contains(agent) && is_wired(&found, *agent))
        .collect();
    let done = found
        .into_iter()
        .filter(|found| found.part.agents.iter().any(|one| agents.contains(one)))
        .map(|found| take_one(&files, found, &others, dry_run))
        .collect();
    Ok(Wired {
        agents,
        files: done,
        steps: Vec::new(),
        notes: Vec::new(),
        program: env::find_program("git-coord"),
    })
}

/// Puts our pieces into one file.
pub(in crate::ops) fn put_one(files: &Files, found: Found<'_>, dry_run: bool) -> File {
    let there = match &found.there {
        Ok(there) if there.same_as.is_some() => return file(&found, Did::Unchanged, Vec::new()),
        Ok(there) => there,
        Err(why) => return left_alone(&found, why, &found.part.put(None).text),
    };
    let beside = found.part.beside.and_then(|path| files.text(path));
    if let Some(why) = beside.and_then(|text| found.part.yields(&text)) {
        return left_alone(&found, &why.why, &why.add);
    }
    let put = found.part.put(there.text.as_deref());
    let by_hand = put.by_hand.into_iter().map(Left::from).collect::<Vec<_>>();
    let had_ours = there
        .text
        .as_ref()
        .is_some_and(|text| found.part.is_in(text));
    let did = match &there.text {
        None => Did::Created,
        Some(text) if *text != put.text => Did::Merged,
        Some(_) if by_hand.is_empty() || had_ours => Did::Unchanged,
        Some(_) => Did::LeftAlone,
    };
    if !dry_run
        && matches!(did, Did::Created | Did::Merged)
        && let Err(why) = files.write(there, &put.text, had_ours)
    {
        return left_alone(&found, &why, &put.text);
    }
    file(&found, did, by_hand)
}

/// Takes our pieces out of one file, but for those that another agent still needs.
pub(in crate::ops) fn take_one(
    files: &Files,
    found: Found<'_>,
    others: &[Agent],
    dry_run: bool,
) -> File {
    let there = match &found.there {
        Ok(there) => there,
        Err(why) => return left_alone(&found, why, ""),
    };
    let Some(text) = there.text.as_deref().filter(|_| there.same_as.is_none()) else {
        return file(&found, Did::Unchanged, Vec::new());
    };
    let needed: Vec<&Agent> = others
        .iter()
        .filter(|agent| found.part.agents.contains(agent))
        .collect();
    if !needed.is_empty() {
        return file(&found, Did::Unchanged, Vec::new());
    }
    let taken = found.part.take(text);
    let mut by_hand: Vec<Left> = taken.by_hand.into_iter().map(Left::from).collect();
    let rest = match files.before(there) {
        Some(before) if found.part.is_in(text) => {
            by_hand.clear();
            before
        }
        _ => taken.text,
    };
    let did = match &rest {
        None => Did::Removed,
        Some(rest) if rest != text => Did::TakenOut,
        Some(_) if !by_hand.is_empty() => Did::LeftAlone,
        Some(_) => Did::Unchanged,
    };
    if !dry_run
        && matches!(did, Did::Removed | Did::TakenOut)
        && let Err(why) = files.put_back(there, rest.as_deref())
    {
        return left_alone(&found, &why, "");
    }
    file(&found, did, by_hand)
}

fn file(found: &Found<'_>, did: Did, by_hand: Vec<Left>) -> File {
    File {
        path: found.path.into(),
        agents: found.part.agents.clone(),
        did,
        by_hand,
    }
}

fn left_alone(found: &Found<'_>, why: &str, add: &str) -> File {
    let left = Left {
        why: why.into(),
        add: add.into(),
    };
    file(found, Did::LeftAlone, vec![left])
}

impl From<ByHand> for Left {
    fn from(by_hand: ByHand) -> Self {
        let ByHand { why, add } = by_hand;
        Self { why, add }
    }
}
