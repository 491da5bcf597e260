//! Everything that git-coord can be asked to do: one struct with its documentation and defaults
//! for each operation, and one answer. The faces (command line, and later MCP and HTTP) derive
//! their flags, schemas and routes from these; none has an operation of its own.
//!
//! An operation turns what was typed into a [`crate::model::request::Request`] with canonical
//! keys, has it decided, and returns an [`Answer`]. It never prints.

pub mod agent;
pub mod check;
pub mod compact;
mod context;
pub mod doctor;
pub mod envelope;
pub mod feature;
pub mod forget;
pub mod gc;
pub mod github;
mod given;
pub mod handoff;
pub mod hooks;
pub mod init;
pub mod keys;
mod length;
pub mod lock;
pub mod locks;
pub mod log;
pub mod msg;
mod names;
pub mod port;
pub mod push;
pub mod queue;
pub mod recall;
pub mod relay;
pub mod remember;
pub mod renew;
pub mod report;
pub mod request;
pub mod review;
mod rounds;
pub mod run;
pub mod state;
pub mod status;
pub mod sync;
pub mod task;
mod typed;
pub mod unlock;
pub mod watch;
pub mod whoami;
pub mod why;
mod words;

use clap::Subcommand;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::doctor::Report as Examined;
use crate::coord::relay::Relayed;
use crate::coord::replay::Report;
use crate::coord::{Done, Failure};
use crate::model::happening::Told as Happened;
use crate::model::notice::NoticeRecord;

pub use context::{Caller, Context};

/// One operation, as any face asks for it. The documentation of each is on its struct, where the
/// faces read it; a command line defines the arguments of the one that is named, and no others.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    Lock(lock::Lock),
    Unlock(unlock::Unlock),
    Renew(renew::Renew),
    Locks(locks::Locks),
    Check(check::Check),
    Push(push::Push),
    Status(status::Status),
    Handoff(handoff::Handoff),
    Remember(Box<remember::Remember>),
    Recall(recall::Recall),
    Forget(forget::Forget),
    State(state::State),
    Port(port::Port),
    Watch(watch::Watch),
    Why(why::Why),
    Log(log::Log),
    Whoami(whoami::Whoami),
    Gc(gc::Gc),
    Compact(compact::Compact),
    Init(init::Init),
    Sync(sync::Sync),
    Run(run::Run),
    Doctor(doctor::Doctor),
    Hooks(hooks::Hooks),
    Agent(agent::Agent),
    Msg(msg::Msg),
    Task(Box<task::Task>),
    Queue(Box<queue::Queue>),
    Feature(Box<feature::Feature>),
    Report(report::Wanted),
    Relay(relay::Relay),
    Request(request::Request),
    Github(Box<github::Github>),
}

/// The positive answer of an operation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub enum Answer {
    /// A change was decided, and published where the authority is.
    Done {
        /// What came of it.
        #[serde(flatten)]
        done: Box<Done>,
        /// What typed keys were read as, where that is not plain.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
    },
    /// The remote branch has all commits already.
    UpToDate {
        /// The remote.
        remote: String,
        /// Its branch.
        branch: String,
    },
    /// The locks that were asked for.
    Locks(locks::Listed),
    /// Whether paths may be changed.
    Check(check::Checked),
    /// What the commits of a branch touch that is somebody else's.
    Review(Box<review::Review>),
    /// What is going on.
    Status(Box<status::Overview>),
    /// What somebody left for somebody else.
    Handoff(Box<handoff::Shown>),
    /// The handoffs that were asked for.
    Handoffs(handoff::Listed),
    /// What to fill in.
    Template {
        /// The whole text.
        text: String,
    },
    /// What is known.
    Recalled(recall::Recalled),
    /// What left the live tree, or would.
    Collected(gc::Collected),
    /// What is in the way.
    Why(Box<why::Because>),
    /// Ports of this machine.
    Ports(port::Ports),
    /// A value.
    Value(Box<state::Shown>),
    /// Values.
    Values(state::Values),
    /// Who did what, newest first.
    Log(log::Entries),
    /// The result of deciding the history again.
    Verified(Report),
    /// Who acts here.
    Whoami(whoami::Who),
    /// What was set up, or taken back.
    Init(Box<init::SetUp>),
    /// What others did.
    Synced(sync::Synced),
    /// One operation of others, as a watcher sees it.
    Change(Box<log::Entry>),
    /// One thing that happened, as a watcher sees it.
    Happened(Box<Happened>),
    /// The end of a watch.
    Watched {
        /// How many operations were shown.
        seen: usize,
    },
    /// A program has ended.
    Ran(Box<run::Ran>),
    /// What is wrong, and what was repaired.
    Doctor(Examined),
    /// How git's hooks stand.
    Hooks(hooks::Listed),
    /// Who is here.
    Agents(agent::Listed),
    /// What is known of one agent.
    Agent(Box<agent::Shown>),
    /// What a session left for whoever goes on.
    Checkpoint(Box<agent::Found>),
    /// Messages.
    Messages(msg::Mail),
    /// The tasks that were asked for.
    Tasks(task::Listed),
    /// All of one task.
    Task(Box<task::Shown>),
    /// What waits for what.
    Graph(Box<task::graph::Drawn>),
    /// What would be added.
    Drafted(task::import::Drafted),
    /// How those stand that were waited for.
    Waited(task::wait::Waited),
    /// What is to land, and what each waits for.
    Queue(Box<queue::Listed>),
    /// All of one entry of the merge queue.
    QueueEntry(Box<queue::Shown>),
    /// What the queue came to.
    QueueRan(Box<queue::Ran>),
    /// Working trees of checks that were removed.
    PoolCleared(queue::Emptied),
    /// What would land together.
    QueuePlan(Box<queue::Planned>),
    /// All of one feature.
    Feature(Box<feature::Shown>),
    /// The features that were asked for.
    Features(feature::Listed),
    /// What the claims of a feature meet.
    FeatureConflicts(Box<feature::Conflicting>),
    /// In which order features land.
    FeaturePlan(Box<feature::Planned>),
    /// How branches and claims differ.
    FeatureDrift(feature::Drifted),
    /// What became of the work.
    Report(Box<report::Reported>),
    /// What a relay did.
    Relayed(Relayed),
    /// What was asked on branches.
    Requests(request::Listed),
    /// Which repository of GitHub, as whom.
    GithubStatus(Box<github::Standing>),
    /// The labels of ours on GitHub.
    GithubLabels(github::Listed),
    /// What was changed on GitHub, or would be.
    GithubSynced(github::Synced),
    /// Deliveries of GitHub are taken from now on.
    GithubListening {
        /// At this address.
        at: String,
    },
    /// The workflows for GitHub.
    GithubInit(Box<github::Written>),
}

impl Operation {
    /// Does what was asked, and tells what happened to the session's locks while it looked away:
    /// each is told once, whoever found it.
    pub fn ask(&self, context: &Context<'_>) -> (Result<Answer, Failure>, Vec<NoticeRecord>) {
        let mut result = self.run(context);
        let mut notices = match &result {
            // The change has taken along all that there were.
            Ok(Answer::Done { done, .. }) if done.commit.is_some() => Vec::new(),
            _ => context.notices(),
        };
        match &mut result {
            Ok(Answer::Done { done, .. }) => notices.append(&mut done.notices),
            Ok(Answer::Ran(ran)) => notices.append(&mut ran.notices),
            _ => {}
        }
        (result, notices)
    }

    /// Whether it may take as long as others like, or as checks do.
    pub fn waits(&self) -> bool {
        match self {
            Self::Lock(lock) => lock.wait.is_some(),
            Self::Task(task) => task.waits(),
            Self::State(state) => state.waits(),
            Self::Queue(queue) => queue.waits(),
            Self::Watch(_) => true,
            _ => false,
        }
    }

    /// Does what was asked.
    ///
    /// # Errors
    /// [`Failure::Refused`] is an answer; see [`Failure`] for the others.
    pub fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Lock(lock) => lock.run(context),
            Self::Unlock(unlock) => unlock.run(context),
            Self::Renew(renew) => renew.run(context),
            Self::Locks(locks) => locks.run(context).map(Answer::Locks),
            Self::Check(check) => check.run(context),
            Self::Push(push) => push.run(context),
            Self::Status(status) => status.run(context),
            Self::Handoff(handoff) => handoff.run(context),
            Self::Remember(remember) => remember.run(context),
            Self::Recall(recall) => recall.run(context),
            Self::Forget(forget) => forget.run(context),
            Self::Watch(watch) => watch.run(context),
            Self::Why(why) => why
                .run(context)
                .map(|because| Answer::Why(Box::new(because))),
            Self::Gc(gc) => gc.run(context),
            Self::Port(port) => port.run(context).map(Answer::Ports),
            Self::State(state) => state.run(context),
            Self::Log(log) => log.run(context),
            Self::Whoami(whoami) => Ok(Answer::Whoami(whoami.run(context))),
            Self::Compact(compact) => compact.run(context),
            Self::Init(init) => init
                .run(context)
                .map(|set_up| Answer::Init(Box::new(set_up))),
            Self::Sync(sync) => sync.run(context),
            Self::Run(run) => run.run(context).map(|ran| Answer::Ran(Box::new(ran))),
            Self::Doctor(doctor) => {
                let me = context.coord.actor();
                let me = format!("{}/{}", me.agent, me.session);
                Ok(Answer::Doctor(doctor.run(&context.dir, Some(&me))))
            }
            Self::Hooks(hooks) => hooks.run(context).map(Answer::Hooks),
            Self::Agent(agent) => agent.run(context),
            Self::Msg(msg) => msg.run(context),
            Self::Task(task) => task.run(context),
            Self::Queue(queue) => queue.run(context),
            Self::Feature(feature) => feature.run(context),
            Self::Report(report) => report
                .run(context)
                .map(|report| Answer::Report(Box::new(report))),
            Self::Relay(relay) => relay.run(context),
            Self::Request(request) => request.run(context),
            Self::Github(github) => github.run(context),
        }
    }
}

impl Answer {
    /// One value.
    pub(super) fn value(shown: state::Shown) -> Self {
        Self::Value(Box::new(shown))
    }

    /// A decided change.
    pub fn done(done: Done, notes: Vec<String>) -> Self {
        Self::Done {
            done: Box::new(done),
            notes,
        }
    }
}
