"""The official Python client does the same day's work as the TypeScript ones (day.mjs)."""

import asyncio
import json
import sys
import warnings
from contextlib import asynccontextmanager

import httpx2
from mcp import Client, MCPDeprecationWarning, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, PromptReference, ResourceUpdatedNotification

# How long news may take to arrive, and a line to be left, in seconds.
DEADLINE = 20
# What the handshake's revisions have for news is gone from newer ones.
warnings.simplefilter("ignore", MCPDeprecationWarning)


async def day(client, subscribed, me):
    tools = (await client.list_tools()).tools
    names = {tool.name for tool in tools}
    assert {"status", "lock", "unlock"} <= names, names
    assert all(tool.output_schema["type"] == "object" for tool in tools)

    status = await client.call_tool("status", {})
    assert status.structured_content["ok"] is True
    assert json.loads(status.content[0].text) == status.structured_content

    file = f"src/{me}.rs"
    locked = await client.call_tool("lock", {"keys": [file], "reason": "a reason"})
    assert not locked.is_error, locked
    assert locked.structured_content["locks"][0]["key"] == file

    # A refusal is a result that a model reads, not an error of the protocol.
    refused = await client.call_tool("lock", {"keys": ["taken.rs"]})
    assert refused.is_error is True
    assert refused.structured_content["code"] == "lock_held"
    assert refused.structured_content["conflicts"][0]["by"]["agent"] == "holder"

    async def text(uri):
        return (await client.read_resource(uri)).contents[0].text

    held = [lock["key"] for lock in json.loads(await text("coord://locks"))["locks"]]
    assert file in held and "taken.rs" in held, held

    prompt = await client.get_prompt("edit-safely", {"path": file})
    assert file in prompt.messages[0].content.text
    of_prompt = PromptReference(type="ref/prompt", name="edit-safely")
    completed = await client.complete(of_prompt, {"name": "path", "value": "tak"})
    assert completed.completion.values == ["taken.rs"], completed

    # News of a resource come to who asked for them.
    async with subscribed(client, "coord://locks") as news:
        unlocked = await client.call_tool("unlock", {"keys": [file]})
        assert unlocked.structured_content["ok"] is True
        assert await asyncio.wait_for(news(), DEADLINE) == "coord://locks"

    # One who waits is told why, and leaves the line by giving up: the server goes on.
    told = asyncio.Queue()

    async def progress(step, total, message):
        await told.put(message)

    given = {"keys": ["taken.rs"], "wait": "5m"}
    waits = asyncio.create_task(client.call_tool("lock", given, progress_callback=progress))
    message = await asyncio.wait_for(told.get(), DEADLINE)
    assert "holder" in message, message
    assert me in await text("coord://why/taken.rs")
    waits.cancel()

    async def has_left():
        while me in await text("coord://why/taken.rs"):
            pass

    await asyncio.wait_for(has_left(), DEADLINE)

    # A tool that is not there is an error of the protocol, and so is a resource.
    await fails(client.call_tool("no_such_tool", {}), "no_such_tool")
    await fails(client.read_resource("coord://none"), "coord://none")

    # Every answer was held to its schema by the client itself; this is what that finds.
    wrong = CallToolResult(content=[], structured_content={"schema": 1, "ok": "yes"})
    try:
        await client.session.validate_tool_result("status", wrong)
    except RuntimeError:
        return len(tools)
    raise AssertionError("the client holds no answer to its schema")


async def fails(call, about):
    try:
        await call
    except MCPError as why:
        assert about in str(why), why
        return
    raise AssertionError(f"{about} is there")


async def main():
    plan = json.loads(sys.argv[1])
    if "url" in plan:
        http = httpx2.AsyncClient(headers=plan["headers"])
        server = streamable_http_client(plan["url"], http_client=http)
    else:
        server = StdioServerParameters(**plan["program"])
    heard = asyncio.Queue()

    async def hear(message):
        if isinstance(message, ResourceUpdatedNotification):
            await heard.put(message.params.uri)

    @asynccontextmanager
    async def with_handshake(client, uri):
        await client.subscribe_resource(uri)
        yield heard.get
        await client.unsubscribe_resource(uri)

    @asynccontextmanager
    async def without(client, uri):
        async with client.listen(resource_subscriptions=[uri]) as events:

            async def news():
                return (await anext(events)).uri

            yield news

    subscribed = with_handshake if plan["lifecycle"] == "legacy" else without
    async with Client(server, mode=plan["lifecycle"], message_handler=hear) as client:
        assert client.server_info.name == "git-coord"
        tools = await day(client, subscribed, plan["me"])
        print(json.dumps({"revision": client.protocol_version, "tools": tools}))


asyncio.run(main())
