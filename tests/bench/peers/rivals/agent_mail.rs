//! Agent Mail's leases on files, over its HTTP server: the fork of it that PyPI has.

use std::io::BufReader;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Hall;
use super::ours::OPEN;
use crate::peers::rival::{Client, Field, Rival, Step};
use crate::peers::servers::{Leash, connect, free_port, post, until};
use crate::world::World;

/// The server, with one project.
pub struct AgentMail {
    port: u16,
    project: String,
    pub leash: Leash,
}

impl AgentMail {
    pub fn start(world: &World, tools: &Path) -> Result<Self, String> {
        let python = tools.join("python/bin/python");
        if !tools.join("log/agent-mail.done").is_file() {
            return Err("it is not installed (tests/bench/peers/install)".into());
        }
        let dir = world.repo("mail", 100);
        let port = free_port()?;
        let args = [
            "-m",
            "mcp_agent_mail.cli",
            "serve-http",
            "--host",
            "127.0.0.1",
            "--port",
        ];
        let mut command = world.program(&dir, &python.display().to_string(), &args);
        command
            .arg(port.to_string())
            .env("STORAGE_ROOT", world.path("mail-store"));
        command
            .env("DATABASE_URL", database(world))
            .env("HTTP_BEARER_TOKEN", "");
        let leash = Leash::start(&command, "TERM")?;
        let project = dir.display().to_string();
        let mail = Self {
            port,
            project,
            leash,
        };
        until("agent mail", || {
            mail.session()?
                .call("ensure_project", json!({ "human_key": mail.project }))
        })?;
        Ok(mail)
    }

    fn session(&self) -> Result<Session, String> {
        let (stream, project) = (connect(self.port)?, self.project.clone());
        Ok(Session {
            stream,
            project,
            agent: String::new(),
        })
    }
}

fn database(world: &World) -> String {
    format!(
        "sqlite+aiosqlite:///{}",
        world.path("mail.sqlite3").display()
    )
}

pub fn locks(hall: &Hall, field: &mut Field) {
    let name = "Agent Mail (fork, 0.1.0), open connection";
    match hall.mail() {
        Ok(mail) => {
            let mail = Arc::clone(mail);
            let open = move |_: usize| {
                let mut session = mail.session()?;
                let asked = json!({ "project_key": session.project, "program": "bench",
                    "model": "none", "task_description": "locks" });
                let told = session.call("register_agent", asked)?;
                session.agent = told["name"]
                    .as_str()
                    .ok_or_else(|| told.to_string())?
                    .to_owned();
                Ok(session)
            };
            let rival = Rival::new(name, open)
                .says("a server")
                .flushed("not looked at");
            field.add(rival.beside(OPEN));
        }
        Err(why) => field.miss(name, why),
    }
}

struct Session {
    stream: BufReader<TcpStream>,
    project: String,
    agent: String,
}

impl Session {
    fn call(&mut self, tool: &str, arguments: Value) -> Result<Value, String> {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": arguments } });
        let body = post(&mut self.stream, "/mcp/", &message.to_string())?;
        let data = body
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap_or(&body);
        let answer: Value = serde_json::from_str(data).map_err(|why| format!("{why}: {body}"))?;
        let result = &answer["result"];
        if result["isError"].as_bool() != Some(false) && !result["isError"].is_null()
            || result.is_null()
        {
            return Err(answer.to_string());
        }
        Ok(result["structuredContent"].clone())
    }
}

impl Client for Session {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String> {
        let (tool, mut arguments) = match step {
            Step::Lock => {
                let more = json!({ "ttl_seconds": 1800, "exclusive": true });
                ("file_reservation_paths", more)
            }
            _ => ("release_file_reservations", json!({})),
        };
        arguments["project_key"] = self.project.clone().into();
        arguments["agent_name"] = self.agent.clone().into();
        arguments["paths"] = json!([key]);
        let call = json!({ "tool_name": tool, "arguments": arguments });
        let told = self.call("call_extended_tool", call)?;
        let is_granted = told["granted"]
            .as_array()
            .is_some_and(|granted| !granted.is_empty());
        Ok(is_granted || told["released"].as_u64() > Some(0))
    }
}
