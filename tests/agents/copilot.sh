# Copilot CLI, for run.sh.
title='Copilot CLI'
package=@github/copilot
version=1.0.102
keeps=1

# A person trusts the folder.
prepare() {
  mkdir -p "$base/home/.copilot"
  echo "{ \"trustedFolders\": [\"$repo\"] }" >"$base/home/.copilot/config.json"
}

say() {
  again=''
  [ "$1" = first ] || again=--continue
  agent $limit env COPILOT_PROVIDER_BASE_URL="$url/v1" COPILOT_PROVIDER_API_KEY=none COPILOT_MODEL=gpt-4.1 \
    COPILOT_AUTO_UPDATE=false COPILOT_OFFLINE=true \
    "$cache/copilot/node_modules/@github/copilot-$platform/copilot" $again --allow-all-tools -p "$2"
}

edit() {
  cat <<EOF
CALL edit {"path":"$repo/notes.txt","old_str":"$(notes)","new_str":"$1"}
EOF
}
