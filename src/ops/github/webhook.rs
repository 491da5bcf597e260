//! `github webhook`: take what GitHub tells by itself, and look when it does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::failure::Class;
use crate::coord::{Coord, Failure};
use crate::github;
use crate::github::webhook::{Deliveries, Hints, PATH, Receiver, Secret, listen, serve};

use super::super::{Answer, Context, length};
use super::sync::Sync;

/// Where deliveries are taken unless told otherwise.
const LISTEN: &str = "127.0.0.1:7421";
/// How often it is looked although nothing was told: a delivery may be lost, and the state changes too.
pub const EVERY: Duration = Duration::from_secs(60);
/// The shortest such time: GitHub counts what is asked of it.
const EVERY_MIN: Duration = Duration::from_secs(1);
/// How often it is looked whether it is time to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Take GitHub's webhook deliveries, and sync when one comes.
///
/// A delivery has to be signed with the secret that the webhook on GitHub has too. It is a hint and no
/// more: what it says is asked of GitHub itself by `git coord github sync`, at once, and once more
/// when others came meanwhile. Deliveries go to http://ADDRESS/github/webhook, as application/json. Only
/// the loopback is listened on; put a proxy that ends TLS before it. See `git coord help github`.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Webhook {
    /// Where to listen [default: 127.0.0.1:7421]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// The file with the webhook's secret [default: that of COORD_GITHUB_WEBHOOK_SECRET]
    #[arg(long, value_name = "PATH")]
    pub secret_file: Option<PathBuf>,
    /// Sync this often although nothing was told [default: 1m]
    #[arg(long, value_name = "TIME")]
    pub every: Option<String>,
    /// End after this time, such as `10m`
    #[arg(long = "for", value_name = "TIME")]
    #[serde(rename = "for")]
    pub for_time: Option<String>,
}

impl Webhook {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        context.at_a_shell("serving GitHub's deliveries")?;
        let stop = context.stop()?;
        let start = Instant::now();
        let read = |typed: &Option<String>, option| {
            let typed = typed.as_deref();
            typed.map(|typed| length::any(typed, option)).transpose()
        };
        let time = read(&self.for_time, "--for")?;
        let every = read(&self.every, "--every")?;
        let every = every.unwrap_or(EVERY).max(EVERY_MIN);
        let file = self.secret_file.as_ref().map(|file| context.dir.join(file));
        let (receiver, hints) = receiver(&context.coord, file.as_deref())?;
        let at = match self.listen {
            Some(at) => at,
            None => LISTEN.parse().expect("because it is an address"),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|why| Failure::usage(format!("the server: {why}"), "try again"))?;
        let listener = runtime.block_on(listen(at))?;
        let at = listener.local_addr().unwrap_or(at);
        runtime.spawn(serve(listener, receiver));
        let at = format!("http://{at}{PATH}");
        (context.stream)(&Answer::GithubListening { at });
        let is_over = || stop.is_asked() || time.is_some_and(|time| start.elapsed() >= time);
        let seen = follow(context, &hints, every, &is_over);
        runtime.shutdown_background();
        Ok(Answer::Watched { seen: seen? })
    }
}

/// What takes deliveries for a clone, and what they wake.
///
/// # Errors
/// When there is no secret, or it is not known which repository this is.
pub fn receiver(
    coord: &Coord,
    secret_file: Option<&Path>,
) -> Result<(Arc<Receiver>, Arc<Hints>), Failure> {
    let secret = Secret::find(secret_file)?;
    let place = github::find_place(coord.repo().config(), coord.settings())?;
    let hints = Arc::new(Hints::default());
    let deliveries = Deliveries::of(coord);
    let receiver = Receiver::new(secret, deliveries, place.repo, Arc::clone(&hints));
    Ok((Arc::new(receiver), hints))
}

/// Syncs now, whenever somebody says that it is time, and every so often, until it is over. How many
/// rounds there were.
///
/// # Errors
/// When the first round cannot be made at all. Later ones are tried again.
pub fn follow(
    context: &Context<'_>,
    hints: &Hints,
    every: Duration,
    is_over: &dyn Fn() -> bool,
) -> Result<usize, Failure> {
    let mut rounds = 0;
    while !is_over() {
        match round(context) {
            Ok(Answer::GithubSynced(synced))
                if synced.changes.is_empty() && synced.troubles.is_empty() => {}
            Ok(answer) => (context.stream)(&answer),
            Err(failure) if rounds > 0 || failure.class() == Class::Unreachable => {
                (context.progress)(&failure.to_string());
            }
            Err(failure) => return Err(failure),
        }
        rounds += 1;
        let paused = Instant::now();
        while !is_over() && paused.elapsed() < every {
            if hints.wait(LOOK_EVERY.min(every)) {
                break;
            }
        }
    }
    Ok(rounds)
}

/// One round, in a clone that is opened for it: its settings may have changed.
fn round(context: &Context<'_>) -> Result<Answer, Failure> {
    let actor = context.coord.actor();
    let actor = format!("{}/{}", actor.agent, actor.session);
    let mut fresh = Context::open(context.dir.clone(), Some(&actor), context.progress)?;
    fresh.stream = context.stream;
    Sync::default().run(&fresh)
}
