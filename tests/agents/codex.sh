# Codex, for run.sh.
title=Codex
package=@openai/codex
version=0.169.0
keeps=1
reveal='CALL tool_search {"query":"git coord status lock"}'

# A person trusts the project; the hooks are approved by the option for automation, in `say`.
prepare() {
  mkdir -p "$base/home/.codex"
  cat >"$base/home/.codex/config.toml" <<EOF
model = "gpt-5.5"
model_provider = "stand-in"
check_for_update_on_startup = false

[model_providers.stand-in]
name = "stand-in"
base_url = "$url/v1"
wire_api = "responses"
supports_websockets = false
request_max_retries = 0

[analytics]
enabled = false

[projects."$repo"]
trust_level = "trusted"
EOF
}

say() {
  again=''
  [ "$1" = first ] || again='resume --last'
  codex=$(ls "$cache/codex/node_modules/@openai/codex-$platform/vendor"/*/bin/codex)
  # Its own sandbox needs what a container may not have; nothing here runs but what this script says.
  agent $limit "$codex" exec --dangerously-bypass-approvals-and-sandbox --dangerously-bypass-hook-trust \
    --json $again "$2"
}

# A patch changes a line that is there.
edit() {
  cat <<EOF
CALL apply_patch "*** Begin Patch\\n*** Update File: notes.txt\\n@@\\n-$(notes)\\n+$1\\n*** End Patch\\n"
EOF
}
