# Claude Code, for run.sh.
title='Claude Code'
package=@anthropic-ai/claude-code
version=2.1.328
keeps=1

# A person trusts the folder and approves the server in it.
prepare() {
  cat >"$base/home/.claude.json" <<EOF
{ "hasCompletedOnboarding": true,
  "projects": { "$repo": { "hasTrustDialogAccepted": true, "enabledMcpjsonServers": ["git-coord"] } } }
EOF
}

say() {
  again=''
  [ "$1" = first ] || again=--continue
  agent $limit env ANTHROPIC_BASE_URL="$url" ANTHROPIC_API_KEY=none CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 \
    DISABLE_AUTOUPDATER=1 ENABLE_TOOL_SEARCH=false \
    "$cache/claude/node_modules/@anthropic-ai/claude-code-$platform/claude" -p "$2" $again \
    --output-format json --permission-mode acceptEdits --allowedTools mcp__git-coord
}

# It wants to have read what it changes.
edit() {
  cat <<EOF
CALL Read {"file_path":"$repo/notes.txt"}
CALL Write {"file_path":"$repo/notes.txt","content":"$1\\n"}
EOF
}
