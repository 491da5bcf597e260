// A stand-in for the models of several companies, for run.sh. It listens on the loopback, speaks just
// enough of four protocols, and does what the prompt says: each line `CALL tool {arguments}` of the
// last prompt is asked for, one after the other, and then it says that it is done.
//
//   node model.mjs DIRECTORY
//
// writes its port to DIRECTORY/port, and each request of a conversation to DIRECTORY/log/NNN.txt (what
// the model is told, as plain text) and NNN.tools (the names of the tools that it may ask for).
import { createServer } from "node:http"
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs"
import zlib from "node:zlib"

const dir = process.argv[2]
// Nobody needs it for longer, whatever happens to who started it.
setTimeout(() => process.exit(0), 30 * 60 * 1000).unref()

// Every text of a value, wherever it stands.
function texts(value) {
  if (typeof value === "string") return [value]
  if (value === null || typeof value !== "object") return []
  return Object.values(value).flatMap(texts)
}

// The calls that the last prompt asks for, and how many answers came since.
function script(items) {
  let calls = []
  let answered = 0
  for (const { role, content } of items) {
    if (role === "tool") answered += 1
    if (role !== "user") continue
    const found = texts(content).join("\n").matchAll(/^CALL (\S+) (.*)$/gm)
    const asked = [...found].map(([, name, input]) => ({ name, input }))
    if (asked.length === 0) continue
    calls = asked
    answered = 0
  }
  return calls[answered]
}

// Agents write the names of MCP tools in ways of their own; `mcp:lock` finds our `lock` among them.
function named(name, tools) {
  const wanted = name.startsWith("mcp:") ? new RegExp(`git.?coord.*[-_.]${name.slice(4)}$`) : null
  return tools.find((tool) => (wanted ? wanted.test(tool.full) : tool.full === name))
}

const sse = (events) =>
  events.map(({ event, data }) => (event ? `event: ${event}\n` : "") + `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`).join("")

const anthropic = {
  is: (path) => path.endsWith("/v1/messages"),
  tools: (body) => (body.tools ?? []).map((tool) => ({ full: tool.name, tool })),
  items: (body) =>
    body.messages.flatMap(({ role, content }) =>
      [content].flat().map((part) => ({ role: part.type === "tool_result" ? "tool" : role, content: part })),
    ),
  answer(body, id, call) {
    const block = call
      ? { type: "tool_use", id, name: call.tool.full, input: JSON.parse(call.input) }
      : { type: "text", text: "Done." }
    const message = { id: `msg_${id}`, type: "message", role: "assistant", model: body.model, content: [block],
      stop_reason: call ? "tool_use" : "end_turn", stop_sequence: null, usage: { input_tokens: 9, output_tokens: 9 } }
    if (!body.stream) return { json: message }
    const event = (type, more) => ({ event: type, data: { type, ...more } })
    const [empty, delta] = call
      ? [{ ...block, input: {} }, { type: "input_json_delta", partial_json: call.input }]
      : [{ type: "text", text: "" }, { type: "text_delta", text: block.text }]
    return { stream: [
      event("message_start", { message: { ...message, content: [], stop_reason: null } }),
      event("content_block_start", { index: 0, content_block: empty }),
      event("content_block_delta", { index: 0, delta }),
      event("content_block_stop", { index: 0 }),
      event("message_delta", { delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: { output_tokens: 9 } }),
      event("message_stop", {}),
    ] }
  },
}

const responses = {
  is: (path) => path.endsWith("/responses"),
  // Those of a server may come together, in a name space.
  // Some are only told of when they were searched for.
  tools: (body) =>
    [body.tools ?? [], ...[body.input].flat().map((item) => item.tools ?? [])].flat().flatMap((tool) =>
      tool.type === "namespace"
        ? tool.tools.map((one) => ({ full: `${tool.name}__${one.name}`, tool: one, space: tool.name }))
        : [{ full: tool.name ?? tool.type, tool }],
    ),
  items: (body) =>
    [body.input].flat().map((item) => ({ role: /_output$/.test(item.type) ? "tool" : item.role, content: item })),
  answer(body, id, call) {
    let item = { type: "message", id: `msg_${id}`, role: "assistant", status: "completed",
      content: [{ type: "output_text", text: "Done.", annotations: [] }] }
    if (call?.tool.tool.type === "custom")
      item = { type: "custom_tool_call", id: `ctc_${id}`, call_id: id, name: call.tool.tool.name, input: JSON.parse(call.input) }
    else if (call?.tool.tool.type === "tool_search")
      item = { type: "tool_search_call", id: `tsc_${id}`, call_id: id, status: "completed", execution: "client",
        arguments: JSON.parse(call.input) }
    else if (call)
      item = { type: "function_call", id: `fc_${id}`, call_id: id, name: call.tool.tool.name, arguments: call.input,
        ...(call.tool.space && { namespace: call.tool.space }) }
    const usage = { input_tokens: 9, input_tokens_details: { cached_tokens: 0 }, output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 18 }
    const response = { id: `resp_${id}`, object: "response", status: "completed", model: body.model, output: [item], usage }
    if (!body.stream) return { json: response }
    const event = (type, more) => ({ event: type, data: { type, ...more } })
    return { stream: [
      event("response.created", { response: { ...response, status: "in_progress", output: [] } }),
      event("response.output_item.added", { output_index: 0, item }),
      event("response.output_item.done", { output_index: 0, item }),
      event("response.completed", { response }),
    ] }
  },
}

const gemini = {
  is: (path) => /:(streamG|g)enerateContent$/.test(path),
  tools: (body) =>
    (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []).map((tool) => ({ full: tool.name, tool })),
  items: (body) =>
    body.contents.flatMap(({ role, parts }) =>
      parts.map((part) => ({ role: part.functionResponse ? "tool" : role, content: part })),
    ),
  answer(body, id, call, path) {
    // Small questions beside the conversation want JSON; this answers those that matter here.
    const text = body.generationConfig?.responseMimeType === "application/json"
      ? JSON.stringify({ reasoning: "It is done.", next_speaker: "user", model_choice: "flash", complexity_score: 1 })
      : "Done."
    const part = call ? { functionCall: { name: call.tool.full, args: JSON.parse(call.input) } } : { text }
    const answer = { candidates: [{ index: 0, content: { role: "model", parts: [part] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 } }
    return path.includes(":stream") ? { stream: [{ data: answer }] } : { json: answer }
  },
}

const chat = {
  is: (path) => path.endsWith("/chat/completions"),
  tools: (body) => (body.tools ?? []).map((tool) => ({ full: tool.function?.name ?? tool.name, tool })),
  items: (body) => body.messages.map((message) => ({ role: message.role, content: message.content })),
  answer(body, id, call) {
    const message = call
      ? { role: "assistant", content: null,
          tool_calls: [{ index: 0, id, type: "function", function: { name: call.tool.full, arguments: call.input } }] }
      : { role: "assistant", content: "Done." }
    const finish_reason = call ? "tool_calls" : "stop"
    const usage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 }
    const base = { id: `chatcmpl-${id}`, created: 1, model: body.model }
    if (!body.stream)
      return { json: { ...base, object: "chat.completion", choices: [{ index: 0, message, finish_reason }], usage } }
    const chunk = (choices, more) => ({ data: { ...base, object: "chat.completion.chunk", choices, ...more } })
    return { stream: [
      chunk([{ index: 0, delta: message, finish_reason: null }]),
      chunk([{ index: 0, delta: {}, finish_reason }]),
      chunk([], { usage }),
      { data: "[DONE]" },
    ] }
  },
}

// Keeps what the model was told; the log may be moved away between two requests.
function keep(protocol, body) {
  mkdirSync(`${dir}/log`, { recursive: true })
  const { tools, ...told } = body
  const name = String(readdirSync(`${dir}/log`).length / 2 + 1).padStart(3, "0")
  writeFileSync(`${dir}/log/${name}.txt`, texts(told).join("\n"))
  writeFileSync(`${dir}/log/${name}.tools`, protocol.tools(body).map(({ full }) => full + "\n").join(""))
  if (process.env.KEEP_BODIES) writeFileSync(`${dir}/body-${Date.now()}.json`, JSON.stringify(body, null, 1))
}

let count = 0
async function serve(request, reply) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  let bytes = Buffer.concat(chunks)
  if (request.headers["content-encoding"] === "gzip") bytes = zlib.gunzipSync(bytes)
  if (request.headers["content-encoding"] === "zstd") bytes = zlib.zstdDecompressSync(bytes)
  const path = request.url.split("?")[0]
  if (process.env.KEEP_BODIES) console.log(request.method, request.url, bytes.length)
  const protocol = [anthropic, responses, gemini, chat].find(({ is }) => is(path))
  if (request.method !== "POST" || !protocol) {
    // What else is asked for, such as lists of models and the length of a text, can be done without.
    const status = request.method === "HEAD" || /countTokens|count_tokens|models$/.test(path) ? 200 : 404
    reply.writeHead(status, { "content-type": "application/json" })
    return reply.end(JSON.stringify({ data: [], models: [], totalTokens: 9, input_tokens: 9 }))
  }
  const body = JSON.parse(bytes)
  const tools = protocol.tools(body)
  let call = script(protocol.items(body))
  // Requests beside the conversation, such as for a title, have no tools.
  if (tools.length > 0) keep(protocol, body)
  const tool = call && named(call.name, tools)
  call = tool && { ...call, tool }
  const { json, stream } = protocol.answer(body, `call_${Date.now().toString(36)}${count++}`, call, path)
  reply.writeHead(200, { "content-type": stream ? "text/event-stream" : "application/json" })
  reply.end(stream ? sse(stream) : JSON.stringify(json))
}

const server = createServer((request, reply) => {
  serve(request, reply).catch((why) => {
    console.error(request.url, why)
    reply.writeHead(500).end()
  })
})
server.listen(0, "127.0.0.1", () => {
  writeFileSync(`${dir}/port.new`, String(server.address().port))
  renameSync(`${dir}/port.new`, `${dir}/port`)
})
