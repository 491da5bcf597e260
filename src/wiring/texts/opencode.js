// git-coord for OpenCode, written by `git coord init --agent opencode`, which replaces this file.
//
// It asks git-coord at each event and passes on what it says: a refusal stops the tool, a context
// is told to the model. Where git-coord cannot be asked, OpenCode goes on as if it were not there.
import { spawn } from "node:child_process"

// Whether nothing may be edited when git-coord cannot be asked.
const FAIL_CLOSED = false
const LIMIT_MS = 30000

// Resolves to {deny}, {context}, {} or {failed}; never rejects.
function ask(event, what) {
  return new Promise((resolve) => {
    let child
    try {
      child = spawn("git-coord", ["hook", "opencode", event], {
        cwd: what.cwd,
        stdio: ["pipe", "pipe", "ignore"],
      })
    } catch (why) {
      return resolve({ failed: String(why) })
    }
    const limit = setTimeout(() => child.kill(), LIMIT_MS)
    let said = ""
    child.on("error", (why) => {
      clearTimeout(limit)
      resolve({ failed: String(why) })
    })
    child.stdin.on("error", () => {})
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (text) => (said += text))
    child.on("close", (code) => {
      clearTimeout(limit)
      if (code !== 0) return resolve({ failed: `git-coord ended with ${code}` })
      try {
        resolve(said.trim() ? JSON.parse(said) : {})
      } catch (why) {
        resolve({ failed: String(why) })
      }
    })
    child.stdin.end(JSON.stringify(what))
  })
}

export const GitCoord = async ({ directory }) => {
  const parents = new Map() // subagents share the session that started them
  const begun = new Map() // session → what it was told when it began
  const news = new Map() // session → what its last prompt brought

  const root = (id) => {
    for (let depth = 0; parents.has(id) && depth < 16; depth++) id = parents.get(id)
    return id
  }
  const tell = (event, id, more) => ask(event, { sessionID: root(id), cwd: directory, ...more })

  // Also for a session that goes on in a new process, which no event announces.
  const begin = async (id) => {
    id = root(id)
    if (!id || begun.has(id)) return
    begun.set(id, "")
    const { context } = await tell("session-start", id)
    if (context) begun.set(id, context)
  }
  const end = async (id) => {
    if (!parents.has(id) && begun.delete(id)) await tell("session-end", id)
    parents.delete(id)
    news.delete(id)
  }

  return {
    event: async ({ event }) => {
      const about = event.properties ?? {}
      const id = about.sessionID ?? about.info?.id
      if (!id) return
      if (event.type === "session.created") {
        if (about.info?.parentID) parents.set(id, about.info.parentID)
        else await begin(id)
      }
      if (event.type === "session.idle" && !parents.has(id)) await tell("stop", id)
      if (event.type === "session.deleted") await end(id)
    },
    "chat.message": async ({ sessionID }) => {
      await begin(sessionID)
      if (parents.has(sessionID)) return
      const { context } = await tell("prompt", sessionID)
      news.set(sessionID, context ?? "")
    },
    "experimental.chat.system.transform": async ({ sessionID }, output) => {
      const id = sessionID ? root(sessionID) : [...begun.keys()].at(-1)
      output.system.push(...[begun.get(id), news.get(id)].filter(Boolean))
    },
    "tool.execute.before": async ({ tool, sessionID, callID }, output) => {
      const { deny, failed } = await tell("before-tool", sessionID, { tool, args: output.args, callID })
      if (deny) throw new Error(deny)
      if (failed && FAIL_CLOSED) throw new Error(`git-coord could not be asked: ${failed}`)
    },
    "tool.execute.after": async ({ tool, sessionID, callID, args }) => {
      await tell("after-tool", sessionID, { tool, args, callID })
    },
    "experimental.session.compacting": async ({ sessionID }, output) => {
      const { context } = await tell("compact", sessionID)
      if (context) output.context.push(context)
    },
    // Commands of the session's shell act as the same session.
    "shell.env": async ({ sessionID }, output) => {
      if (sessionID) output.env.OPENCODE_SESSION_ID = root(sessionID)
    },
    dispose: async () => {
      for (const id of [...begun.keys()]) await end(id)
    },
  }
}
