//! The names that other coordination servers gave to the same things, for prompts and scripts that
//! were written for them. `docs/mcp.md` has the table, made from this one.

use super::shape::{Deed, Shape};

const fn tool(
    name: &'static str,
    about: &'static str,
    does: &'static [Deed],
    words: &'static [(&'static str, &'static str)],
) -> Shape {
    Shape {
        name,
        about,
        by: "success",
        deeds: does,
        words,
    }
}

const fn only(does: &'static str, takes: &'static [&'static str]) -> Deed {
    Deed {
        word: "",
        does,
        takes,
    }
}

/// All of them.
pub const COMPAT: &[Shape] = &[
    tool(
        "acquire_lock",
        "Lock a file before editing it, or learn who holds it.",
        &[only(
            "lock",
            &["file_path>keys", "reason", "ttl_minutes>ttl:m"],
        )],
        &[],
    ),
    tool(
        "release_lock",
        "Give a lock back.",
        &[only("unlock", &["file_path>keys"])],
        &[],
    ),
    tool(
        "check_locks",
        "Who holds which of these files.",
        &[only("check", &["file_paths>paths"])],
        &[],
    ),
    tool(
        "check_guardrails",
        "Whether these files may be changed now.",
        &[only("check", &["file_paths>paths"])],
        &[],
    ),
    tool(
        "submit_work",
        "Add a task for whoever is free.",
        &[only(
            "task add",
            &[
                "task_type>sort",
                "description>title",
                "input_data>body",
                "priority",
                "depends_on",
                "agent_requirements>requires",
            ],
        )],
        &[("priority", "0 (urgent) to 4")],
    ),
    tool(
        "get_work",
        "Take the next task for you alone.",
        &[only("task next", &["task_types>sort"])],
        &[],
    ),
    tool(
        "complete_work",
        "Say how a task of yours ended.",
        &[
            Deed {
                word: "true",
                does: "task done",
                takes: &["task_id>id", "result"],
            },
            Deed {
                word: "false",
                does: "task fail",
                takes: &["task_id>id", "error_message>reason", "result"],
            },
        ],
        &[],
    ),
    tool(
        "write_handoff",
        "Leave your work to whoever goes on.",
        &[only(
            "handoff write",
            &[
                "summary",
                "completed_work>done",
                "in_progress",
                "decisions>decision",
                "next_steps>next",
                "relevant_files>path",
            ],
        )],
        &[],
    ),
    tool(
        "read_handoff",
        "Read what was left for you.",
        &[only("handoff list", &["agent_name>agent", "limit>count"])],
        &[],
    ),
    tool(
        "register_session",
        "Say that you are here, and what you can do.",
        &[only(
            "agent register",
            &["capabilities>capability", "agent_type>type", "model"],
        )],
        &[],
    ),
    tool(
        "heartbeat",
        "Say that you are still here.",
        &[only("agent heartbeat", &[])],
        &[],
    ),
    tool(
        "discover_agents",
        "Who is here, and who can do something.",
        &[only("agent discover", &["capability", "status"])],
        &[],
    ),
    tool(
        "remember",
        "Keep what the next one should know.",
        &[only(
            "remember",
            &[
                "event_type>kind",
                "summary",
                "details",
                "outcome",
                "lessons>lesson",
                "tags>tag",
            ],
        )],
        &[],
    ),
    tool(
        "recall",
        "What is known about something.",
        &[only(
            "recall",
            &[
                "query",
                "tags>tag",
                "event_type>kind",
                "limit",
                "min_relevance>min",
            ],
        )],
        &[],
    ),
    tool(
        "register_feature",
        "Announce what a feature will touch.",
        &[only(
            "feature register",
            &[
                "feature_id>id",
                "resource_claims>claim",
                "title",
                "branch_name>branch",
                "merge_priority>priority",
            ],
        )],
        &[],
    ),
    tool(
        "deregister_feature",
        "A feature is over: done, or given up with success false.",
        &[
            Deed {
                word: "true",
                does: "feature done",
                takes: &["feature_id>id"],
            },
            Deed {
                word: "false",
                does: "feature cancel",
                takes: &["feature_id>id"],
            },
        ],
        &[],
    ),
    tool(
        "enqueue_merge",
        "Put a branch or feature into the merge queue.",
        &[only("queue add", &["feature_id>what"])],
        &[],
    ),
    tool(
        "get_merge_queue",
        "What is to land, and what each waits for.",
        &[only("queue list", &[])],
        &[],
    ),
    tool(
        "query_audit",
        "Who did what, newest first.",
        &[only("log", &["agent_id>agent", "limit>count"])],
        &[],
    ),
    tool(
        "allocate_ports",
        "A block of ports of this machine for yourself.",
        &[only("port take", &[])],
        &[],
    ),
    tool(
        "release_ports",
        "Give your ports back.",
        &[only("port release", &[])],
        &[],
    ),
];
