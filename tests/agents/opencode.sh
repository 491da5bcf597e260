# OpenCode, for run.sh.
title=OpenCode
package=opencode-ai
version=1.18.33
keeps=0

# A person names a model in the file of their own.
prepare() {
  mkdir -p "$base/home/.config/opencode"
  cat >"$base/home/.config/opencode/opencode.json" <<EOF
{ "autoupdate": false, "share": "disabled",
  "provider": { "stand-in": { "npm": "@ai-sdk/openai-compatible", "name": "stand-in",
    "options": { "baseURL": "$url/v1", "apiKey": "none" }, "models": { "m": { "name": "m", "tool_call": true } } } } }
EOF
}

say() {
  again=''
  [ "$1" = first ] || again=--continue
  # On its command line it would put the prompt into quotes.
  printf '%s\n' "$2" | agent $limit env OPENCODE_DISABLE_MODELS_FETCH=1 OPENCODE_DISABLE_AUTOUPDATE=1 \
    "$cache/opencode/node_modules/opencode-$platform/bin/opencode" run $again --auto -m stand-in/m
}

edit() {
  cat <<EOF
CALL read {"filePath":"$repo/notes.txt"}
CALL write {"filePath":"$repo/notes.txt","content":"$1\\n"}
EOF
}
