# Gemini CLI, for run.sh.
title='Gemini CLI'
package=@google/gemini-cli
version=0.61.0
keeps=0

# A person chooses how to sign in; the folder is trusted by a variable, in `say`.
prepare() {
  mkdir -p "$base/home/.gemini"
  cat >"$base/home/.gemini/settings.json" <<EOF
{ "security": { "auth": { "selectedType": "gemini-api-key" } },
  "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false },
  "privacy": { "usageStatisticsEnabled": false }, "telemetry": { "enabled": false } }
EOF
}

say() {
  again=''
  [ "$1" = first ] || again='--resume latest'
  agent $limit env GOOGLE_GEMINI_BASE_URL="$url" GEMINI_API_KEY=none GEMINI_CLI_TRUST_WORKSPACE=true \
    "$node" "$cache/gemini/node_modules/@google/gemini-cli/bundle/gemini.js" \
    -m gemini-2.5-pro --approval-mode yolo --output-format json $again -p "$2"
}

edit() {
  cat <<EOF
CALL write_file {"file_path":"$repo/notes.txt","content":"$1\\n"}
EOF
}
