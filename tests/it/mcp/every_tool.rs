//! Every operation as a tool, through the client of those who specify the protocol.

use std::collections::{BTreeMap, BTreeSet};

use rmcp::model::{CallToolRequestParams, Tool};
use rmcp::transport::TokioChildProcess;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceExt};
use serde_json::{Value, json};

use crate::support::{Agent, Sandbox};

/// A client that wants nothing but answers.
#[derive(Clone)]
struct Quiet;

impl ClientHandler for Quiet {}

/// Tools in an order that makes sense, their arguments, and the answer or the code of the failure.
/// A word after `$` stands for an id that an answer had.
const DAY: &[(&str, &str, &str)] = &[
    ("lock", r#"{"keys":["src/a.rs"]}"#, "done"),
    ("renew", r#"{"all":true}"#, "done"),
    ("locks", "{}", "locks"),
    ("check", r#"{"paths":["src/b.rs"]}"#, "check"),
    ("status", "{}", "status"),
    ("whoami", r#"{"settings":true}"#, "whoami"),
    ("why", r#"{"about":"src/a.rs"}"#, "why"),
    ("log", r#"{"count":5}"#, "log"),
    ("unlock", r#"{"keys":["src/a.rs"]}"#, "done"),
    ("agent_register", r#"{"capability":["rust"]}"#, "done"),
    ("agent_heartbeat", "{}", "done"),
    ("agent_status", r#"{"state":"busy"}"#, "done"),
    ("agent_list", "{}", "agents"),
    ("agent_discover", r#"{"capability":["rust"]}"#, "agents"),
    ("agent_show", "{}", "agent"),
    ("agent_checkpoint", r#"{"notes":"half done"}"#, "done"),
    ("agent_restore", "{}", "checkpoint"),
    ("agent_trust", r#"{"agent":"bob","level":"2"}"#, "done"),
    (
        "agent_kick",
        r#"{"who":"bob/s1","reason":"gone"}"#,
        "not_found",
    ),
    (
        "task_add",
        r#"{"title":"first","id":"one","key":["src/a.rs"]}"#,
        "done",
    ),
    (
        "task_add",
        r#"{"title":"second","id":"two","depends_on":["one"]}"#,
        "done",
    ),
    ("task_list", "{}", "tasks"),
    ("task_ready", "{}", "tasks"),
    ("task_blocked", "{}", "tasks"),
    ("task_search", r#"{"text":"first"}"#, "tasks"),
    ("task_next", r#"{"lock":true}"#, "done"),
    ("task_start", r#"{"id":"one"}"#, "done"),
    (
        "task_comment",
        r#"{"id":"one","text":"going well"}"#,
        "done",
    ),
    ("task_edit", r#"{"id":"one","priority":"1"}"#, "done"),
    ("task_fail", r#"{"id":"one","reason":"broken"}"#, "done"),
    ("task_retry", r#"{"id":"one"}"#, "done"),
    ("task_claim", r#"{"id":"one"}"#, "done"),
    ("task_release", r#"{"id":"one"}"#, "done"),
    ("task_claim", r#"{"id":"one"}"#, "done"),
    ("task_done", r#"{"id":"one","result":"fine"}"#, "done"),
    ("task_wait", r#"{"ids":["one"],"timeout":"1s"}"#, "waited"),
    ("task_show", r#"{"id":"one"}"#, "task"),
    ("task_graph", "{}", "graph"),
    (
        "task_cancel",
        r#"{"ids":["two"],"reason":"no need"}"#,
        "done",
    ),
    ("task_import", r#"{"file":"todo.md"}"#, "done"),
    ("task_import", r#"{"file":"../todo.md"}"#, "usage"),
    (
        "task_fan_out",
        r#"{"title":"many","parts":["a","b"],"reduce":"join"}"#,
        "done",
    ),
    (
        "task_pipeline",
        r#"{"title":"line","stages":[{"title":"build"},{"title":"ship"}]}"#,
        "done",
    ),
    (
        "task_scatter",
        r#"{"title":"try","tries":["x","y"]}"#,
        "done",
    ),
    (
        "handoff_write",
        r#"{"summary":"how it stands","next":["go on"]}"#,
        "done",
    ),
    ("handoff_list", "{}", "handoffs"),
    ("handoff_read", "{}", "handoff"),
    ("handoff_show", r#"{"id":"$handoff"}"#, "handoff"),
    ("handoff_accept", r#"{"id":"$handoff"}"#, "done"),
    ("remember", r#"{"summary":"the tests need git"}"#, "done"),
    ("recall", r#"{"query":["tests"]}"#, "recalled"),
    ("forget", r#"{"ids":["$memory"]}"#, "done"),
    ("state_set", r#"{"name":"build/last","value":"1"}"#, "done"),
    ("state_get", r#"{"name":"build/last"}"#, "value"),
    (
        "state_update",
        r#"{"name":"build/conf","patch":"{\"a\":1}"}"#,
        "done",
    ),
    (
        "state_cas",
        r#"{"name":"build/last","rev":0,"value":"2"}"#,
        "changed",
    ),
    ("state_incr", r#"{"name":"build/count","by":2}"#, "done"),
    (
        "state_append",
        r#"{"name":"build/list","item":"x"}"#,
        "done",
    ),
    ("state_list", r#"{"prefix":"build"}"#, "values"),
    (
        "state_watch",
        r#"{"name":"build/last","rev":1,"for":"1s"}"#,
        "value",
    ),
    ("state_delete", r#"{"name":"build/last"}"#, "done"),
    ("port_take", r#"{"names":["db"]}"#, "ports"),
    ("port_list", "{}", "ports"),
    ("port_release", "{}", "ports"),
    (
        "msg_send",
        r#"{"to":"alice","text":"hello","needs_ack":true}"#,
        "done",
    ),
    ("msg_inbox", "{}", "messages"),
    ("msg_thread", r#"{"message":"$message"}"#, "messages"),
    ("msg_read", "{}", "messages"),
    ("msg_ack", r#"{"message":["$message"]}"#, "done"),
    ("msg_reply", r#"{"message":"$message","text":"hi"}"#, "done"),
    ("msg_broadcast", r#"{"text":"all"}"#, "done"),
    ("watch", r#"{"no_wait":true}"#, "watched"),
    (
        "feature_register",
        r#"{"id":"f1","claim":["src/"],"branch":"work"}"#,
        "done",
    ),
    (
        "feature_update",
        r#"{"id":"f1","title":"a feature"}"#,
        "done",
    ),
    ("feature_show", r#"{"id":"f1"}"#, "feature"),
    ("feature_list", "{}", "features"),
    ("feature_conflicts", r#"{"id":"f1"}"#, "feature-conflicts"),
    ("feature_plan", "{}", "feature-plan"),
    ("feature_drift", r#"{"id":"f1"}"#, "feature-drift"),
    ("queue_add", r#"{"what":"work"}"#, "done"),
    ("queue_list", "{}", "queue"),
    ("queue_show", r#"{"id":"f1"}"#, "queue-entry"),
    ("queue_why", "{}", "queue"),
    ("queue_plan", "{}", "queue-plan"),
    ("queue_log", "{}", "log"),
    ("queue_pause", r#"{"reason":"wait"}"#, "done"),
    ("queue_resume", "{}", "done"),
    ("queue_run", r#"{"once":true}"#, "usage"),
    ("queue_land", "{}", "wrong_state"),
    ("queue_rm", r#"{"id":"f1"}"#, "done"),
    ("queue_retry", r#"{"id":"f1"}"#, "done"),
    ("queue_rm", r#"{"id":"f1"}"#, "done"),
    ("feature_cancel", r#"{"id":"f1"}"#, "done"),
    ("feature_done", r#"{"id":"f1"}"#, "wrong_state"),
    ("report", "{}", "report"),
    ("request_list", "{}", "requests"),
    ("request_show", r#"{"id":"x"}"#, "usage"),
    ("request_cancel", r#"{"id":"x"}"#, "usage"),
    ("request_send", "{}", "requests"),
    ("hooks_install", "{}", "hooks"),
    ("hooks_list", "{}", "hooks"),
    ("gc", r#"{"dry_run":true}"#, "collected"),
    ("compact", "{}", "done"),
    ("github_init", r#"{"dry_run":true}"#, "github-init"),
    ("doctor", "{}", "doctor"),
    ("init", r#"{"remote":"origin"}"#, "init"),
    ("sync", "{}", "synced"),
    ("push", "{}", "done"),
    ("agent_unregister", "{}", "done"),
];

fn alice(sandbox: &Sandbox) -> Agent {
    let alice = sandbox.bare("hub").clone_as("alice");
    alice.git(["checkout", "--quiet", "-b", "work"]).ok();
    alice.commit("src/b.rs", "fn b() { b() }\n");
    alice.write("todo.md", "- [ ] from a list\n");
    alice
}

fn server(agent: &Agent, tools: &str) -> TokioChildProcess {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_git-coord"));
    command.args(["mcp", "--tools", tools]);
    command
        .current_dir(agent.path())
        .env_clear()
        .envs(agent.vars());
    TokioChildProcess::new(command).unwrap()
}

/// Ids that an answer has, by what they are of.
fn ids(answer: &Value, into: &mut BTreeMap<&'static str, String>) {
    for (name, one, many) in [
        ("handoff", "/handoff/id", "/handoffs/0/id"),
        ("message", "/message/id", "/messages/0/id"),
        ("memory", "/memory/id", "/memories/0/id"),
    ] {
        let id = answer.pointer(one).or(answer.pointer(many));
        if let Some(id) = id.and_then(Value::as_str) {
            into.insert(name, id.to_owned());
        }
    }
}

async fn go_through_the_day<S: rmcp::Service<RoleClient>>(
    client: &rmcp::service::RunningService<RoleClient, S>,
) {
    let tools = client.list_all_tools().await.unwrap();
    let tools: BTreeMap<String, Tool> = tools
        .into_iter()
        .map(|tool| (tool.name.to_string(), tool))
        .collect();
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    let mut called = BTreeSet::new();
    for (name, arguments, expected) in DAY {
        let mut arguments = (*arguments).to_owned();
        for (word, id) in &known {
            arguments = arguments.replace(&format!("${word}"), id);
        }
        let arguments: Value = serde_json::from_str(&arguments).unwrap();
        let tool = &tools[*name];
        let input = Value::Object((*tool.input_schema).clone());
        let problem = jsonschema::validate(&input, &arguments).err();
        assert!(problem.is_none(), "{name}: {problem:?}");
        let request = CallToolRequestParams::new(*name)
            .with_arguments(arguments.as_object().unwrap().clone());
        let result = client.call_tool(request).await.unwrap();
        let answer = result.structured_content.unwrap();
        let said = answer.get("answer").or(answer.get("code"));
        assert_eq!(said, Some(&json!(expected)), "{name}: {answer:#}");
        assert_eq!(result.is_error, Some(answer["ok"] == false), "{name}");
        let schema = Value::Object((**tool.output_schema.as_ref().unwrap()).clone());
        let problem = jsonschema::validate(&schema, &answer).err();
        assert!(problem.is_none(), "{name}: {problem:?}\n{answer:#}");
        ids(&answer, &mut known);
        called.insert((*name).to_owned());
    }
    let offered: BTreeSet<String> = tools.keys().cloned().collect();
    assert_eq!(called, offered, "each tool has its place in the day");
}

#[tokio::test]
async fn every_tool_answers_as_it_says_with_a_handshake() {
    let sandbox = Sandbox::new();
    let client = Quiet.serve(server(&alice(&sandbox), "all")).await.unwrap();
    go_through_the_day(&client).await;
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn every_tool_answers_as_it_says_without_sessions() {
    let sandbox = Sandbox::new();
    let mode = ClientLifecycleMode::Discover {
        preferred_versions: vec![rmcp::model::ProtocolVersion::V_2026_07_28],
    };
    let transport = server(&alice(&sandbox), "all");
    let client = Quiet.serve_with_lifecycle(transport, mode).await.unwrap();
    go_through_the_day(&client).await;
    client.cancel().await.unwrap();
}

/// Names of other systems, each with its own arguments.
#[tokio::test]
async fn names_of_other_systems_do_the_same() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let client = Quiet.serve(server(&alice, "compat")).await.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    let calls: &[(&str, Value)] = &[
        (
            "register_session",
            json!({ "capabilities": ["rust"], "agent_type": "claude" }),
        ),
        ("heartbeat", json!({})),
        ("discover_agents", json!({ "capability": "rust" })),
        (
            "acquire_lock",
            json!({ "file_path": "src/a.rs", "reason": "r", "ttl_minutes": 20 }),
        ),
        ("check_locks", json!({ "file_paths": ["src/b.rs"] })),
        ("check_guardrails", json!({ "file_paths": ["src/b.rs"] })),
        ("release_lock", json!({ "file_path": "src/a.rs" })),
        (
            "submit_work",
            json!({ "task_type": "bug", "description": "mend it", "priority": 1 }),
        ),
        ("get_work", json!({ "task_types": ["bug"] })),
        (
            "complete_work",
            json!({ "task_id": "$task", "success": true, "result": "mended" }),
        ),
        (
            "write_handoff",
            json!({ "summary": "s", "completed_work": ["a"], "next_steps": ["b"] }),
        ),
        ("read_handoff", json!({ "limit": 1 })),
        (
            "remember",
            json!({ "event_type": "decision", "summary": "x", "tags": ["t"] }),
        ),
        ("recall", json!({ "tags": ["t"], "limit": 3 })),
        (
            "register_feature",
            json!({ "feature_id": "f1", "resource_claims": ["src/"], "branch_name": "work" }),
        ),
        ("enqueue_merge", json!({ "feature_id": "f1" })),
        ("get_merge_queue", json!({})),
        ("query_audit", json!({ "limit": 3 })),
        ("allocate_ports", json!({})),
        ("release_ports", json!({})),
        (
            "register_feature",
            json!({ "feature_id": "f2", "resource_claims": ["docs/"] }),
        ),
        (
            "deregister_feature",
            json!({ "feature_id": "f2", "success": false }),
        ),
    ];
    let mut task = String::new();
    let mut called = BTreeSet::new();
    for (name, arguments) in calls {
        let mut arguments = arguments.as_object().unwrap().clone();
        if arguments.get("task_id").is_some() {
            arguments.insert("task_id".into(), task.clone().into());
        }
        let request = CallToolRequestParams::new(*name).with_arguments(arguments);
        let answer = client.call_tool(request).await.unwrap();
        let answer = answer.structured_content.unwrap();
        assert_eq!(answer["ok"], true, "{name}: {answer:#}");
        if let Some(id) = answer.pointer("/tasks/0/id") {
            task = id.as_str().unwrap().to_owned();
        }
        if *name == "acquire_lock" {
            let shown = alice.coord(["locks", "--json"]).ok().json();
            assert_eq!(shown["locks"][0]["reason"], "r", "{shown:#}");
        }
        called.insert((*name).to_owned());
    }
    let offered: BTreeSet<String> = tools.iter().map(|tool| tool.name.to_string()).collect();
    assert_eq!(called, offered);
    client.cancel().await.unwrap();
}
