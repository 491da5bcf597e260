"""GitHub's description of its API, cut to the calls that are made here."""

import json
from pathlib import Path

# Everything that is asked, by the paths of the description.
PATHS = {
    "/rate_limit": ["get"],
    "/user": ["get"],
    "/repos/{owner}/{repo}": ["get"],
    "/repos/{owner}/{repo}/branches/{branch}/protection": ["get"],
    "/repos/{owner}/{repo}/check-runs": ["post"],
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["patch"],
    "/repos/{owner}/{repo}/collaborators/{username}/permission": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}/status": ["get"],
    "/repos/{owner}/{repo}/issues": ["get"],
    "/repos/{owner}/{repo}/issues/comments": ["get"],
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["get", "patch", "delete"],
    "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": ["get", "post"],
    "/repos/{owner}/{repo}/issues/events": ["get"],
    "/repos/{owner}/{repo}/issues/{issue_number}": ["get", "patch"],
    "/repos/{owner}/{repo}/issues/{issue_number}/assignees": ["post"],
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
    "/repos/{owner}/{repo}/issues/{issue_number}/events": ["get"],
    "/repos/{owner}/{repo}/issues/{issue_number}/labels": ["get", "post"],
    "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": ["delete"],
    "/repos/{owner}/{repo}/labels": ["get", "post"],
    "/repos/{owner}/{repo}/labels/{name}": ["get", "patch", "delete"],
    "/repos/{owner}/{repo}/pulls": ["get"],
    "/repos/{owner}/{repo}/pulls/{pull_number}": ["get"],
    "/repos/{owner}/{repo}/pulls/{pull_number}/merge": ["put"],
    "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
}


def _refs(value, found):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            found.add(value["$ref"])
        for below in value.values():
            _refs(below, found)
    elif isinstance(value, list):
        for below in value:
            _refs(below, found)
    return found


def _without_examples(value):
    """Examples are most of it, and say nothing that is checked."""
    if isinstance(value, dict):
        # A property may be called `example` too; then it is a schema.
        return {
            key: _without_examples(below)
            for key, below in value.items()
            if not (key in ("example", "examples", "x-github") and not _is_schema(key, below))
        }
    if isinstance(value, list):
        return [_without_examples(below) for below in value]
    return value


def _is_schema(key, value):
    return key == "example" and isinstance(value, dict) and "type" in value


def cut(whole):
    """The description with these paths alone, and everything that they refer to."""
    paths = {}
    for path, methods in PATHS.items():
        there = whole["paths"][path]
        paths[path] = {method: there[method] for method in methods}
        if "parameters" in there:
            paths[path]["parameters"] = there["parameters"]
    paths = _without_examples(paths)
    # What GitHub says of all looks in its words on conditional requests, and of some alone here.
    for path in paths.values():
        if "get" in path:
            path["get"]["responses"].setdefault("304", {"description": "as before"})
    # It has no description of this kind; what is asked of it is who asks.
    anything = {"content": {"application/json": {"schema": {"type": "object"}}}}
    answer = {"200": anything | {"description": "the answer"}}
    paths["/graphql"] = {"post": {"requestBody": anything, "responses": answer}}
    components, todo, seen = {}, _refs(paths, set()), set()
    while todo:
        ref = todo.pop()
        if ref in seen:
            continue
        seen.add(ref)
        _, _, kind, name = ref.split("/", 3)
        if kind == "examples":
            continue
        part = _without_examples(whole["components"][kind][name])
        components.setdefault(kind, {})[name] = part
        todo |= _refs(part, set())
    return {
        "openapi": whole["openapi"],
        "info": whole["info"],
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": components,
    }


def write(whole: Path, to: Path):
    """Cuts one file to another."""
    text = json.dumps(cut(json.loads(whole.read_text())), indent=None, sort_keys=True)
    to.write_text(text)
