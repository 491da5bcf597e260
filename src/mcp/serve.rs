//! `git coord mcp`: starts the server, on the standard streams, on the loopback or on a socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rmcp::ServiceExt;

use super::changes::Changes;
use super::desk::Desk;
use super::http::{self, Gate, Tokens};
use super::server::{Server, Shared, Speaker};
use super::tools::Tools;
use crate::coord::{Coord, Failure};
use crate::env;
use crate::github::webhook;
use crate::ops::{Context, github};

/// The file of tokens in the clone's directory.
const TOKENS: &str = "mcp-tokens";
/// How long calls that are at work when the client goes have to end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serve agents over the Model Context Protocol.
///
/// Without options one client is served on the standard streams, as agents start it; `git coord init
/// --agent` writes their configuration. Every tool is one of the commands, every answer what `--json`
/// prints. Who acts is found as for a command, or follows from the token; it is never an argument.
#[derive(Clone, Debug, Args)]
pub struct Mcp {
    /// Which tools are shown: core, all, compat (names of other systems), or names, with commas
    #[arg(long, value_name = "LIST", default_value = "core")]
    tools: String,
    /// Serve many clients over HTTP, at a loopback address such as 127.0.0.1:7420
    #[arg(long, value_name = "ADDRESS", conflicts_with = "socket")]
    http: Option<SocketAddr>,
    /// Serve many clients over HTTP on a Unix socket that only you can use
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Where the tokens of HTTP clients are [default: in the clone's git directory]
    #[arg(long, value_name = "PATH")]
    token_file: Option<PathBuf>,
    /// A name by which HTTP clients may reach this machine, beside those of the loopback
    #[arg(long, value_name = "NAME", requires = "http")]
    host: Vec<String>,
    /// Take GitHub's webhook deliveries at /github/webhook too; the file has their secret
    #[arg(long, value_name = "PATH", requires = "http")]
    webhook_secret_file: Option<PathBuf>,
    /// Write a token for an agent into the file, print it, and end
    #[arg(long, value_name = "AGENT", conflicts_with_all = ["http", "socket"])]
    token_for: Option<String>,
    /// Print the names of the tools, and end
    #[arg(long, conflicts_with_all = ["http", "socket", "token_for"])]
    list: bool,
}

/// A server for the one client of a process, over any transport.
///
/// # Errors
/// When there is no repository around `dir`.
pub fn server(dir: &Path, actor: Option<&str>, tools: Tools) -> Result<Server, Failure> {
    let shared = Shared::new(Desk::open(dir)?, tools, Changes::of(dir));
    let speaker = Speaker::Alone(actor.map(str::to_owned), connection());
    Ok(Server::new(shared, speaker))
}

impl Mcp {
    /// Serves until the client is gone or the process is told to end. What is returned is to be
    /// printed; `note` takes what a person at the terminal should know meanwhile.
    ///
    /// # Errors
    /// When there is no repository, an option makes no sense, or an address cannot be used.
    pub fn run(
        &self,
        dir: &Path,
        actor: Option<&str>,
        note: &dyn Fn(&str),
    ) -> Result<String, Failure> {
        let tools = Tools::parse(&self.tools).map_err(|why| {
            Failure::usage(format!("--tools: {why}"), "core, all, compat, or names")
        })?;
        if self.list {
            return Ok(tools.names().map(|name| format!("{name}\n")).collect());
        }
        let coord = Coord::open(dir, actor)?;
        let token_file = match &self.token_file {
            Some(file) => dir.join(file),
            None => coord.repo().coord_dir().join(TOKENS),
        };
        if let Some(agent) = &self.token_for {
            // As a name that can be acted under, before anybody is given it.
            Coord::open(dir, Some(agent))?;
            return Tokens::give(&token_file, agent).map(|token| format!("{token}\n"));
        }
        let shared = Shared::new(Desk::open(dir)?, tools, Changes::of(dir));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(if self.is_http() { 2 } else { 1 })
            .enable_all()
            .build()
            .map_err(|why| broken("the server's threads", &why))?;
        let speaker = Speaker::Alone(actor.map(str::to_owned), connection());
        let served = runtime.block_on(async {
            if let Some(at) = self.http {
                if !at.ip().is_loopback() && self.host.is_empty() {
                    let what =
                        format!("{at} is not of the loopback, and tokens would travel in clear");
                    let hint = "put a proxy that ends TLS before a loopback address; or say with \
                                --host by which name it may be reached";
                    return Err(Failure::usage(what, hint));
                }
                let gate = Gate::with_tokens(Tokens::open(&token_file)?, self.host.clone());
                let listener = http::listen(at)
                    .await
                    .map_err(|why| broken(&at.to_string(), &why))?;
                let at = listener.local_addr().unwrap_or(at);
                let receiver = self.receiver(dir, actor)?;
                if receiver.is_some() {
                    note(&format!(
                        "deliveries of GitHub are taken at http://{at}{}",
                        webhook::PATH
                    ));
                }
                note(&format!(
                    "serving http://{at}{}; tokens are in {}",
                    http::PATH,
                    token_file.display()
                ));
                http::over_tcp(listener, shared, gate, receiver).await;
            } else if let Some(path) = &self.socket {
                over_socket(&dir.join(path), shared, &token_file, speaker, note).await?;
            } else {
                let server = Server::new(shared, speaker);
                let running = server.serve(rmcp::transport::stdio()).await;
                let running = running.map_err(|why| {
                    Failure::usage(
                        format!("no client: {why}"),
                        "an agent starts this by itself",
                    )
                })?;
                let _ = running.waiting().await;
            }
            Ok(String::new())
        });
        runtime.shutdown_timeout(LAST_WORDS);
        served
    }

    /// What takes GitHub's deliveries, if they are wanted; a thread of its own syncs when one comes.
    fn receiver(
        &self,
        dir: &Path,
        actor: Option<&str>,
    ) -> Result<Option<Arc<webhook::Receiver>>, Failure> {
        let Some(file) = &self.webhook_secret_file else {
            return Ok(None);
        };
        let coord = Coord::open(dir, actor)?;
        let (receiver, hints) = github::webhook::receiver(&coord, Some(&dir.join(file)))?;
        let dir = dir.to_owned();
        // It asks GitHub and waits for answers, and lasts as long as the server.
        std::thread::spawn(move || {
            let quiet = |_: &str| {};
            let context = Context::of(dir, coord, &quiet);
            loop {
                // What is wrong now, such as a setting, may be right the next time.
                let _ =
                    github::webhook::follow(&context, &hints, github::webhook::EVERY, &|| false);
                hints.wait(github::webhook::EVERY);
            }
        });
        Ok(Some(receiver))
    }

    fn is_http(&self) -> bool {
        self.http.is_some() || self.socket.is_some()
    }
}

#[cfg(unix)]
async fn over_socket(
    path: &Path,
    shared: Arc<Shared>,
    token_file: &Path,
    speaker: Speaker,
    note: &dyn Fn(&str),
) -> Result<(), Failure> {
    use super::caller::Who;
    let nobody = match speaker {
        Speaker::Alone(Some(named), _) => Who::Named(named),
        Speaker::Alone(None, connection) => Who::Guest {
            agent: None,
            connection,
        },
        Speaker::Each => unreachable!("a process has an actor"),
    };
    let gate = Gate::of_socket(Tokens::open(token_file)?, nobody);
    let listener = bind(path).map_err(|why| broken(&path.display().to_string(), &why))?;
    note(&format!("serving {} on {}", http::PATH, path.display()));
    http::over_socket(listener, shared, gate).await;
    Ok(())
}

#[cfg(not(unix))]
async fn over_socket(
    path: &Path,
    _: Arc<Shared>,
    _: &Path,
    _: Speaker,
    _: &dyn Fn(&str),
) -> Result<(), Failure> {
    let what = format!("{}: there are no such sockets here", path.display());
    Err(Failure::usage(what, "use --http"))
}

/// A socket that was never anybody else's to use. One that a dead server left is replaced.
#[cfg(unix)]
fn bind(path: &Path) -> std::io::Result<tokio::net::UnixListener> {
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixStream;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    // The only thread that makes files now.
    let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let bound = tokio::net::UnixListener::bind(path);
    rustix::process::umask(mask);
    bound
}

fn broken(what: &str, why: &std::io::Error) -> Failure {
    Failure::usage(format!("{what}: {why}"), "try another one")
}

/// What tells this process from every other one, also from those that had its number before.
fn connection() -> String {
    format!("{} {} {}", env::host(), std::process::id(), env::fresh_op())
}
