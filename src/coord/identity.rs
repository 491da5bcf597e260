//! Who acts: found by the first rule that applies, and explained by `git coord whoami`.

use sha2::{Digest, Sha256};

use crate::env;
use crate::model::id::{Actor, AgentName, SessionName};
use crate::store::Repo;

use super::failure::Failure;
use super::noted::{self, Noted};

/// An actor, and how it was found.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The owner of what is taken.
    pub actor: Actor,
    /// Which rule gave the agent's name.
    pub agent_rule: String,
    /// Which rule gave the session's name.
    pub session_rule: String,
    /// Whether the session was named on the command line.
    pub is_session_given: bool,
    /// Which coding agent's environment this is.
    pub program: Option<&'static str>,
}

/// Variables that coding agents set for the commands they run, with the agent's name and, where
/// there is one, the variable that names its session.
const AGENTS: &[(&str, &str, &[&str])] = &[
    (
        "CLAUDECODE",
        "claude",
        &["CLAUDE_CODE_SESSION_ID", "CLAUDE_SESSION_ID"],
    ),
    ("CODEX_THREAD_ID", "codex", &["CODEX_THREAD_ID"]),
    ("CODEX_SANDBOX", "codex", &["CODEX_THREAD_ID"]),
    ("GEMINI_CLI", "gemini", &["GEMINI_SESSION_ID"]),
    (
        "CURSOR_AGENT",
        "cursor",
        &["CURSOR_CONVERSATION_ID", "CURSOR_TRACE_ID"],
    ),
    ("COPILOT_CLI", "copilot", &["COPILOT_SESSION_ID"]),
    ("OPENCODE", "opencode", &["OPENCODE_SESSION_ID"]),
    ("AIDER_CHAT", "aider", &[]),
];

/// The last rule for an agent's name.
const PERSON: &str = "user.name and this machine's name";
/// The last rule for a session's name.
const WORKTREE: &str = "this worktree on this machine";

/// Finds the actor: what was given, then `COORD_AGENT` and `COORD_SESSION`, then git config
/// `coord.agent`, then the environment of a coding agent, then the person.
///
/// # Errors
/// When a name that was given explicitly is none.
pub fn find(repo: &Repo, given: Option<&str>) -> Result<Identity, Failure> {
    let set = AGENTS.iter().filter(|(var, ..)| env::var(var).is_some());
    let set: Vec<_> = set.collect();
    let mut said = Said::here();
    // An agent inherits the variables of the one that started it: they do not tell which is nearer.
    let is_nested = set
        .iter()
        .any(|(_, name, _)| set.first().is_some_and(|(_, first, _)| first != name));
    let nearest = if is_nested { above(repo) } else { None };
    let nearest = nearest.and_then(|noted| Some((known(&noted.program)?, noted)));
    let program = match (nearest, set.first()) {
        (Some((name, noted)), _) => {
            let session = noted.actor.session.as_str().to_owned();
            if said.is_exported() && said.session.as_ref() != Some(&session) {
                said = Said::default();
            }
            Some(Program {
                name,
                rule: ABOVE.into(),
                session: Some((session, ABOVE.into())),
                noted: Some(noted.actor.agent),
            })
        }
        (None, Some((var, name, vars))) => {
            let session = vars.iter().find_map(|var| Some((*var, env::var(var)?)));
            Some(Program {
                name,
                rule: format!("the variable {var} of a coding agent"),
                session: session.map(|(var, id)| (session_of(&id), format!("the variable {var}"))),
                noted: None,
            })
        }
        (None, None) => None,
    };
    among(repo, given, program, said)
}

/// Finds the actor that a hook of a coding agent belongs to: as [`find`] does for the commands that
/// the agent runs, but that the hook was told which agent it is, and of which session.
///
/// # Errors
/// When a name that was given explicitly is none.
pub fn of_hook(
    repo: &Repo,
    program: &'static str,
    session: Option<&str>,
) -> Result<Identity, Failure> {
    let said = Said::here();
    // An agent that another one started finds the names of that one's session.
    let is_of_other = |id: &str| said.of.as_ref().is_some_and(|of| *of != digest(id));
    let said = match session.is_some_and(is_of_other) {
        true => Said::default(),
        false => said,
    };
    let session = session.map(|id| (session_of(id), "the coding agent's hook".to_owned()));
    let named = session.as_ref().map(|(name, _)| name.as_str());
    let is_this =
        |noted: &Noted| noted.program == program && Some(noted.actor.session.as_str()) == named;
    let noted = above(repo).filter(is_this);
    let program = Program {
        name: program,
        rule: "the coding agent's hook".into(),
        session,
        // Its commands may have gone to another working tree since; it is the same agent there.
        noted: noted.map(|noted| noted.actor.agent),
    };
    among(repo, None, Some(program), said)
}

/// The session of the coding agent that this process runs under, as its hooks have noted it. An
/// agent may begin another session in the same process, so who lasts asks again.
pub fn above(repo: &Repo) -> Option<Noted> {
    noted::above(&repo.coord_dir())
}

/// What an agent's session of this id is called in [`OF`].
pub fn digest_of_session(id: &str) -> String {
    digest(id)
}

/// The variable that says of which coding agent's session the names beside it are. Whatever is
/// started there inherits them, and may be an agent with a session of its own.
pub const OF: &str = "COORD_SESSION_OF";

/// The names that the environment gives.
#[derive(Clone, Debug, Default)]
struct Said {
    agent: Option<String>,
    session: Option<String>,
    of: Option<String>,
}

impl Said {
    fn here() -> Self {
        Self {
            agent: env::var("COORD_AGENT"),
            session: env::var("COORD_SESSION"),
            of: env::var(OF),
        }
    }

    /// Whether an agent's hook said this for its own shell, and nobody something else since.
    fn is_exported(&self) -> bool {
        let of = self.of.as_ref().map(|of| format!("s-{of}"));
        of.is_some() && of == self.session
    }
}

/// A coding agent that is known of.
struct Program {
    name: &'static str,
    rule: String,
    /// The name of its session, and where that comes from.
    session: Option<(String, String)>,
    /// Who it was in this session before.
    noted: Option<AgentName>,
}

fn among(
    repo: &Repo,
    given: Option<&str>,
    program: Option<Program>,
    said: Said,
) -> Result<Identity, Failure> {
    // `--as agent/session` names both.
    let (given_agent, given_session) = match given.and_then(|given| given.split_once('/')) {
        Some((agent, session)) => (Some(agent), Some(session)),
        None => (given, None),
    };
    let config = |key: &str| repo.config().get(key).map(str::to_owned);
    let named = if let Some(name) = given_agent {
        Some((agent_name(name)?, "`--as`".to_owned()))
    } else if let Some(name) = said.agent {
        Some((agent_name(&name)?, "the variable COORD_AGENT".into()))
    } else if let Some(name) = config("coord.agent") {
        Some((agent_name(&name)?, "git config coord.agent".into()))
    } else {
        None
    };
    let session_var = said.session;
    let own = program.as_ref().and_then(|program| program.session.clone());
    // Only who is told nothing about its session looks around, and takes agent and session together.
    let noted = match given_session.is_none() && session_var.is_none() && own.is_none() {
        true => above(repo),
        false => None,
    };
    let noted = noted.filter(|noted| {
        let is_same = |(agent, _): &(AgentName, String)| *agent == noted.actor.agent;
        named.as_ref().is_none_or(is_same)
    });
    let (agent, agent_rule) = match (named, &noted, &program) {
        (Some(named), ..) => named,
        (None, Some(noted), _) => (noted.actor.agent.clone(), ABOVE.into()),
        (None, None, Some(program)) => {
            let agent = match &program.noted {
                Some(agent) => agent.clone(),
                None => agent_name(&join(program.name, &dir_name(repo)))?,
            };
            (agent, program.rule.clone())
        }
        (None, None, None) => {
            let person = config("user.name")
                .or_else(|| env::var("USER"))
                .unwrap_or_default();
            (agent_name(&join(&slug(&person, 32), ""))?, PERSON.into())
        }
    };
    let (session, session_rule) = if let Some(name) = given_session {
        (session_name(name)?, "`--as`".to_owned())
    } else if let Some(name) = session_var {
        (session_name(&name)?, "the variable COORD_SESSION".into())
    } else if let Some((name, rule)) = own {
        (session_name(&name)?, rule)
    } else if let Some(noted) = &noted {
        (noted.actor.session.clone(), ABOVE.into())
    } else {
        let dir = repo.layout().git_dir.to_string_lossy().into_owned();
        let name = format!("w-{}", digest(&format!("{}\0{dir}", env::host())));
        (session_name(&name)?, WORKTREE.into())
    };
    let known = noted.and_then(|noted| known(&noted.program));
    Ok(Identity {
        actor: Actor { agent, session },
        agent_rule,
        session_rule,
        is_session_given: given_session.is_some(),
        program: program.map(|program| program.name).or(known),
    })
}

/// How it is called that a session was found by what hooks have noted.
const ABOVE: &str = "the hooks of the coding agent that this runs under";

/// The coding agent of this name.
fn known(name: &str) -> Option<&'static str> {
    let known = AGENTS.iter().find(|(_, known, _)| *known == name);
    known.map(|(_, known, _)| *known)
}

/// The actor at the other end of a connection: what [`find`] finds, but for its last resorts. The
/// person's name is that of no agent, and a worktree may have several connections.
///
/// # Errors
/// As [`find`].
pub fn of_connection(
    repo: &Repo,
    client: Option<&str>,
    connection: &str,
) -> Result<Identity, Failure> {
    let mut identity = find(repo, None)?;
    // An agent that goes on with an earlier session, or begins another one, may have started its
    // server before, and named the session of that moment in a variable. Its hooks know better.
    let is_of_agent = identity.program.is_some() && env::var("COORD_SESSION").is_none();
    if is_of_agent
        && let Some(noted) = noted::of_starter(&repo.coord_dir())
        && identity.program == known(&noted.program)
        && identity.actor.agent == noted.actor.agent
        && identity.actor.session != noted.actor.session
    {
        identity.actor = noted.actor;
        identity.session_rule = ABOVE.into();
    }
    if identity.agent_rule == PERSON
        && let Some(client) = client
    {
        let client = slug(client, 32);
        // Clients call themselves `claude-code` or `codex-mcp-client`; their hooks know the agent.
        let known = AGENTS.iter().map(|(_, name, _)| *name);
        let known = known.into_iter().find(|name| client.starts_with(name));
        let name = join(known.unwrap_or(&client), &dir_name(repo));
        identity.actor.agent = agent_name(&name)?;
        identity.agent_rule = "the client's name for itself".into();
    }
    if identity.session_rule == WORKTREE {
        identity.actor.session = session_name(&format!("c-{}", digest(connection)))?;
        identity.session_rule = "this connection".into();
    }
    Ok(identity)
}

/// One of several clients of a server: an agent that is named, or else that of whoever started the
/// server, in a session that is the connection's own whatever the server's environment says.
///
/// # Errors
/// As [`find`].
pub fn of_guest(repo: &Repo, agent: Option<&str>, connection: &str) -> Result<Identity, Failure> {
    let mut identity = find(repo, agent)?;
    identity.actor.session = session_name(&format!("c-{}", digest(connection)))?;
    identity.session_rule = "this connection".into();
    Ok(identity)
}

/// The name of the working tree's directory, for agents' names.
fn dir_name(repo: &Repo) -> String {
    let dir = repo.layout().work_dir.as_deref();
    let dir = dir.and_then(|dir| dir.file_name());
    dir.map(|dir| slug(&dir.to_string_lossy(), 20))
        .unwrap_or_default()
}

/// `claude.repo@host`: two agents of one kind in two worktrees are two agents.
fn join(name: &str, dir: &str) -> String {
    let name = if name.is_empty() { "somebody" } else { name };
    let dot = if dir.is_empty() { "" } else { "." };
    format!("{name}{dot}{dir}@{}", slug(&env::host(), 24))
}

/// Letters and digits of a free text, in lower case, joined by single hyphens.
fn slug(text: &str, most: usize) -> String {
    let words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    slug.truncate(most);
    slug.trim_end_matches('-').to_owned()
}

/// What the session is called that an agent calls so.
fn session_of(id: &str) -> String {
    format!("s-{}", digest(id))
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn agent_name(text: &str) -> Result<AgentName, Failure> {
    text.parse().map_err(|why| bad_name("agent", &why))
}

fn session_name(text: &str) -> Result<SessionName, Failure> {
    text.parse().map_err(|why| bad_name("session", &why))
}

fn bad_name(what: &str, why: &crate::model::id::BadName) -> Failure {
    Failure::usage(
        format!("{what}: {why}"),
        "see `git coord whoami` for where names come from",
    )
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn people_get_readable_names() {
        for (text, name) in [
            ("Jane Doe", "jane-doe"),
            ("  Ünï  X ", "n-x"),
            ("a/b\\c", "a-b-c"),
            ("", ""),
        ] {
            assert_eq!(slug(text, 32), name);
        }
        assert_eq!(slug("aaa bbb", 4), "aaa");
    }
}
