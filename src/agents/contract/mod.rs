//! What each agent passes to its hooks, as one common call, and how each one wants its answer.
//!
//! The input is an object with fields that every agent names a little differently. It is read
//! field by field: one that is missing or of another type is as if it were not there.

mod claude;
mod codex;
mod copilot;
mod cursor;
mod gemini;
mod opencode;

use std::path::PathBuf;

use serde_json::Value;

/// A coding agent that has hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Cursor.
    Cursor,
    /// GitHub Copilot CLI.
    Copilot,
    /// OpenCode, by the plugin that git-coord writes for it.
    OpenCode,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Claude,
        Self::Codex,
        Self::Gemini,
        Self::Cursor,
        Self::Copilot,
        Self::OpenCode,
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Its name, as in `git coord hook NAME`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Cursor => "cursor",
            Self::Copilot => "copilot",
            Self::OpenCode => "opencode",
        }
    }

    /// What one of its events means, if it is one that matters.
    fn kind(self, event: &str) -> Option<Kind> {
        match self {
            Self::Claude => claude::kind(event),
            Self::Codex => codex::kind(event),
            Self::Gemini => gemini::kind(event),
            Self::Cursor => cursor::kind(event),
            Self::Copilot => copilot::kind(event),
            Self::OpenCode => opencode::kind(event),
        }
    }

    /// How it calls what happens before a tool is used.
    fn before(self) -> &'static str {
        match self {
            Self::Claude | Self::Codex => "PreToolUse",
            Self::Gemini => "BeforeTool",
            Self::Cursor | Self::Copilot => "preToolUse",
            Self::OpenCode => "before-tool",
        }
    }

    /// What it is told, in its own form; nothing where it takes silence for the same.
    pub(super) fn answer(self, event: &str, kind: Option<Kind>, answer: &Answer) -> Option<Value> {
        let say = match self {
            Self::Claude => claude::answer,
            Self::Codex => codex::answer,
            Self::Gemini => gemini::answer,
            Self::Cursor => cursor::answer,
            Self::Copilot => copilot::answer,
            Self::OpenCode => opencode::answer,
        };
        say(event, kind, answer)
    }

    /// Whether what is said at such an event becomes part of what its model reads.
    pub(super) fn listens(self, event: &str, kind: Kind) -> bool {
        match self {
            // Its prompts take nothing along; what is said after a tool is read.
            Self::Cursor => kind == Kind::Start || event == "postToolUse",
            Self::OpenCode => matches!(kind, Kind::Start | Kind::Prompt | Kind::Compact),
            _ => matches!(kind, Kind::Start | Kind::Prompt),
        }
    }
}

/// What happens in an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session begins, or goes on.
    Start,
    /// Somebody gives it something to do.
    Prompt,
    /// A tool is about to be used.
    Before,
    /// A tool was used.
    After,
    /// What it remembers is about to be cut short.
    Compact,
    /// It has done what it was to do, for now.
    Stop,
    /// The session ends.
    End,
}

/// What the agent is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// No objection, and nothing to say.
    Nothing,
    /// Something for its model to know.
    Context(String),
    /// Something for the person in front of it.
    Notice(String),
    /// Why not.
    Deny(String),
}

/// How a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// For the first time.
    New,
    /// It goes on, or has lost what it was told.
    Again,
}

/// One call of a hook, whichever agent it comes from.
#[derive(Debug)]
pub(super) struct Call {
    /// The event by its own name.
    pub(super) event: String,
    /// What it means; nothing for one that does not matter.
    pub(super) kind: Option<Kind>,
    /// The agent's own name of its session.
    pub(super) session: Option<String>,
    /// Where it is.
    pub(super) dir: Option<PathBuf>,
    /// Which model it runs on.
    pub(super) model: Option<String>,
    /// How its session begins.
    pub(super) beginning: Beginning,
    /// The tool that is used, and what it is given.
    pub(super) tool: Option<(String, Value)>,
}

/// Longest name of a session that is taken for one, in bytes.
const SESSION_BYTES_MAX: usize = 1024;

impl Call {
    /// Reads what an agent passes to its hook; `event` is what the command line says.
    pub(super) fn read(program: Program, event: Option<&str>, input: Value) -> Self {
        let text = |fields: &[&str]| {
            let mut found = fields.iter().filter_map(|field| input.get(field)?.as_str());
            found.find(|text| !text.is_empty()).map(str::to_owned)
        };
        let event = event.map(str::to_owned);
        let event = event.or_else(|| text(&["hook_event_name", "hookEventName"]));
        let event = event.unwrap_or_default();
        let session = match program {
            Program::Cursor => text(&["conversation_id", "session_id"]),
            _ => text(&["session_id", "sessionId", "sessionID"]),
        };
        let roots = input.get("workspace_roots").and_then(Value::as_array);
        let root = roots.and_then(|roots| roots.first()?.as_str());
        let dir = text(&["cwd"]).or_else(|| root.map(str::to_owned));
        let beginning = match text(&["source", "trigger"]).as_deref() {
            Some("resume" | "clear" | "compact") => Beginning::Again,
            _ => Beginning::New,
        };
        let kind = program.kind(&event);
        let model = text(&["model"]);
        let named = text(&["tool_name", "toolName", "tool"]);
        let own = match program {
            Program::Cursor => cursor::tool(&event),
            _ => None,
        };
        let tool = match (named, own) {
            // The event says which tool it is, and its fields are the input.
            (_, Some(tool)) => Some((tool.to_owned(), input)),
            (Some(tool), None) => Some((tool, argument(input))),
            (None, None) => None,
        };
        Self {
            event,
            kind,
            session: session.filter(|session| session.len() <= SESSION_BYTES_MAX),
            dir: dir.map(PathBuf::from).filter(|dir| dir.is_absolute()),
            model,
            beginning,
            tool,
        }
    }

    /// What can be said of an input that is no object: its event, if its text still names one.
    /// Where nothing does, it may have been any.
    pub(super) fn guess(program: Program, event: Option<&str>, input: &[u8]) -> Self {
        let event = event.map(str::to_owned).or_else(|| {
            let text = String::from_utf8_lossy(input);
            let after = ["\"hook_event_name\"", "\"hookEventName\""].iter();
            let rest = after.filter_map(|name| text.split_once(name)).next()?.1;
            // Only one that has not been cut off.
            let mut parts = rest.splitn(3, '"').skip(1);
            let name = parts.next()?;
            parts.next().map(|_| name.to_owned())
        });
        let event = event.unwrap_or_else(|| program.before().to_owned());
        let mut call = Self::read(program, None, Value::Null);
        call.kind = program.kind(&event);
        call.event = event;
        call
    }
}

/// What a tool is given, out of the whole input.
fn argument(mut input: Value) -> Value {
    let fields = ["tool_input", "toolInput", "toolArgs", "args"];
    let found = fields
        .iter()
        .find_map(|field| Some(input.get_mut(field)?.take()));
    found.unwrap_or_default()
}

/// The form in which several agents take what is for one event.
fn specific(event: &str, fields: &[(&str, &str)]) -> Value {
    let mut output = serde_json::Map::new();
    output.insert("hookEventName".into(), event.into());
    for (name, value) in fields {
        output.insert((*name).into(), (*value).into());
    }
    serde_json::json!({ "hookSpecificOutput": output })
}
