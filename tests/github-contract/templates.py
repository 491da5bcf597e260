"""What the stand-in answers besides what it keeps: every field that GitHub's description demands.

usage: tests/github-contract/templates.py DESCRIPTION > tests/it/github/stand_in/templates.json

Made once for a description; the contract says when one is needed anew.
"""

import json
import sys
from pathlib import Path

# What is answered, by the names of the description.
WANTED = {
    "app": "integration",
    "check-run": "check-run",
    "collaborator": "nullable-collaborator",
    "combined-status": "combined-commit-status",
    "comment": "issue-comment",
    "event": "issue-event",
    "issue": "issue",
    "label": "label",
    "limits": "rate-limit-overview",
    "me": "private-user",
    "permission": "repository-collaborator-permission",
    "pull": "pull-request-simple",
    "repo": "full-repository",
    "status": "status",
    "user": "simple-user",
    "whole-pull": "pull-request",
}


def sample(whole, schema, name="", is_whole=False):
    """The least that a schema accepts."""
    while "$ref" in schema:
        _, _, kind, part = schema["$ref"].split("/", 3)
        schema = whole["components"][kind][part]
    if schema.get("nullable") and not is_whole:
        return None
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            chosen = schema[choice][0]
            return sample(whole, chosen, name)
    if "allOf" in schema:
        parts = [sample(whole, part, name) for part in schema["allOf"]]
        merged = {}
        for part in parts:
            if isinstance(part, dict):
                merged |= part
        return merged if merged else parts[0]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        return {
            field: sample(whole, properties.get(field, {}), field) for field in sorted(required)
        }
    if kind == "array":
        return []
    if kind == "boolean":
        return False
    if kind in ("integer", "number"):
        return 0
    if schema.get("format") == "date-time" or name.endswith("_at"):
        return "2026-01-01T00:00:00Z"
    if schema.get("format") == "uri" or name.endswith("url"):
        return "https://github.example/"
    return ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    whole = json.loads(Path(sys.argv[1]).read_text())
    schemas = whole["components"]["schemas"]
    made = {name: sample(whole, schemas[part], is_whole=True) for name, part in WANTED.items()}
    print(json.dumps(made, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
