#!/bin/sh
# Shows git-coord at work with the real command-line programs of coding agents.
#
#   tests/agents/run.sh [--cache DIR] [--program FILE] [--keep] [--write] [AGENT …]
#
# It installs each agent at a pinned version from the npm registry (about 2 GB for all of them), gives
# it a home directory and a repository of its own and a stand-in for its model on the loopback
# (model.mjs), sets the repository up with `git coord init --agent`, and looks at what the agent sends
# to its model and does to the files. No account is needed, and no network but the registry. It is no
# part of the tests that every change has to pass: two of these programs are not free software, and
# none of them is ours.
#
#   --cache DIR      where programs are kept (target/agents); it can be removed afterwards
#   --program FILE   the git-coord that is tried (target/debug/git-coord)
#   --keep           leaves homes, repositories and logs in DIR/run
#   --write          writes what was seen to docs/agents-seen.md
#
# Prints a table of what was seen. Ends with 1 if something failed, 2 if it could not begin.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

cache=$top/target/agents
program=$top/target/debug/git-coord
keep='' write='' agents=''
while [ $# -gt 0 ]; do
  case $1 in
    --cache) cache=$2; shift ;;
    --program) program=$2; shift ;;
    --keep) keep=yes ;;
    --write) write=yes ;;
    claude | codex | gemini | opencode | copilot) agents="$agents $1" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ -n "$agents" ] || agents='claude codex gemini opencode copilot'

stop() { echo "run.sh: $*" >&2; exit 2; }
for needed in npm git; do
  command -v $needed >/dev/null || stop "needs $needed"
done
[ -x "$program" ] || stop "there is no $program: build it, or name another with --program"
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 2
case $(uname -s) in Linux) os=linux ;; Darwin) os=darwin ;; *) stop "knows Linux and macOS only" ;; esac
case $(uname -m) in x86_64) cpu=x64 ;; aarch64 | arm64) cpu=arm64 ;; *) stop "does not know this processor" ;; esac
platform=$os-$cpu

# Installs a package of npm at one version in a place of its own. No script of a package is run: the
# programs are files in packages of their own, one for each platform.
install() { # NAME PACKAGE VERSION
  [ "$(cat "$cache/$1/installed" 2>/dev/null)" = "$2@$3" ] && return
  echo "installing $2@$3" >&2
  rm -rf "${cache:?}/$1" && mkdir -p "$cache/$1" && echo '{"private":true}' >"$cache/$1/package.json"
  (cd "$cache/$1" && npm i --ignore-scripts --no-audit --no-fund --loglevel=error "$2@$3") >&2 || return 1
  echo "$2@$3" >"$cache/$1/installed"
}

# Node 22, for the stand-in and for agents that bring none.
install node "node-$platform" 22.23.3 || stop "cannot install Node"
node=$cache/node/node_modules/node-$platform/bin/node

run=$cache/run
rm -rf "$run" && mkdir -p "$run/bin" "$run/bob" && cp "$program" "$run/bin/git-coord" || exit 2
model=''
quit() {
  [ -z "$model" ] || kill "$model" 2>/dev/null
  [ -n "$keep" ] || rm -rf "$run"
}
trap quit EXIT
trap 'exit 2' INT TERM HUP

# Runs a program as on a machine where nothing is set up, and where nothing but the loopback answers.
# None of our own variables get in: they may be an agent's.
alone() { # HOME PROGRAM [ARGUMENT …]
  home=$1
  shift
  env -i PATH="$run/bin:$(dirname "$node"):/usr/local/bin:/usr/bin:/bin" HOME="$home" TMPDIR="$home/tmp" \
    USER=tester TERM=dumb LANG=C.UTF-8 CI=1 NO_COLOR=1 \
    HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    "$@"
}
limit=''
command -v timeout >/dev/null && limit='timeout -k 5 180'

# What each agent needs to be told is in a file of its own, with
#   package, version   what is installed
#   prepare            writes what a person would set up and approve once
#   say first|again PROMPT   gives it a prompt, in a new conversation or in the last one
#   edit TEXT          the calls by which its model would write TEXT to notes.txt
#   keeps              whether what hooks add to a prompt stays in the conversation (1) or not (0)
#   reveal             the call by which its model finds MCP tools that it is not told of, if there is one
# and they use $url (the stand-in), $repo, and `agent`, which runs a program in its home and repository.
agent() { (cd "$repo" && alone "$base/home" "$@"); }
bob() { (cd "$repo" && alone "$run/bob" git coord --as bob "$@"); }

# Notes how one thing went, for the table.
note() { # WHAT RESULT
  printf '%s\t%s\n' "$1" "$2" >>"$base/results"
  printf '  %-9s %s\n' "$1" "$2" >&2
}
failed() { # WHAT WHY
  note "$1" "FAILED: $2"
  [ -z "$keep" ] || echo "            see $base/said.$step and $base/log.$step" >&2
}

# One prompt. What the model was told is in $log afterwards, a file for each time it was asked.
step=0
prompt() { # first|again PROMPT
  step=$((step + 1))
  log=$base/log.$step
  say "$1" "$2" </dev/null >"$base/said.$step" 2>&1
  mv "$base/model/log" "$log" 2>/dev/null || mkdir "$log"
  last=$(ls "$log" | sed -n '/\.txt$/p' | tail -n 1)
}
told() { grep -qF -- "$1" "$log"/*.txt 2>/dev/null; }
# How often a text is in the conversation as it was sent last.
count() { if [ -n "$last" ]; then grep -oE -- "$1" "$log/$last" | wc -l | tr -d ' '; else echo no; fi; }
notes() { cat "$repo/notes.txt"; }
locks() { bob locks --json 2>/dev/null; }

refused() {
  reason='bob rewrites every note'
  bob lock notes.txt --reason "$reason" >/dev/null || return
  prompt first "Change the notes.
$(edit two)"
  if [ -z "$last" ]; then failed refused "its model was not asked: $(tail -n 1 "$base/said.$step")"
  elif [ "$(notes)" != one ]; then failed refused 'the file was changed'
  elif ! told 'refused[lock_held]' || ! told "$reason"; then failed refused 'the model was not told why'
  else note refused seen
  fi
}

message() {
  text='the green door is open'
  who=$(bob log | sed -n 's|.* agent register \(.*\)/s-.*|\1|p' | head -n 1)
  if [ -z "$who" ]; then failed message 'it was not registered'; return; fi
  bob msg send "$who" "$text" >/dev/null || return
  prompt again 'Go on.'
  # Some write the mark of a quotation as their own markup wants it.
  first=$(count "quoted: (>|&gt;) $text")
  prompt again 'Go on again.'
  all=$(count "$text")
  # The conversation is sent whole each time.
  if [ "$first" != 1 ]; then failed message "at the next prompt it was quoted $first times"
  elif [ "$all" != "$keeps" ]; then failed message "a prompt later it was there $all times, and not $keeps"
  else note message seen
  fi
}

released() {
  bob unlock notes.txt >/dev/null || return
  prompt again "Change the notes now.
$(edit two)"
  if [ "$(notes)" = two ]; then note released seen
  else failed released 'the file was not changed'
  fi
}

tools() {
  prompt again "Look around.
$reveal
CALL mcp:status {}"
  if ! grep -q 'git.coord.*status$' "$log"/*.tools 2>/dev/null; then failed tools 'the model has no such tool'
  elif ! told '"revision"' && ! told '"answer"'; then failed tools 'no answer of the tool'
  else note tools seen
  fi
}

# An edit needs the session's own lock; the server takes it, and the hook has to see that it is ours.
together() {
  (cd "$repo" && git config coord.requireLock true)
  prompt again "Change the notes, without a lock and with one.
$(edit three)
$reveal
CALL mcp:lock {\"keys\":[\"notes.txt\"]}
$(edit three)"
  if ! told 'refused[lock_required]'; then failed together 'without a lock it was not refused'
  elif [ "$(notes)" != three ]; then failed together 'with the lock of the server it was refused'
  else note together seen
  fi
}

ended() {
  if locks | grep -q notes.txt; then failed ended 'a lock is still there'
  else note ended seen
  fi
}

try() {
  name=$1
  base=$run/$name
  repo=$base/repo
  step=0
  mkdir -p "$base/home/tmp" "$base/model" "$repo"
  reveal=''
  . "$here/$name.sh"
  echo "$name $version" >&2
  if ! install "$name" "$package" "$version"; then
    echo 'the package could not be installed' >"$base/not-tried"
    return
  fi
  KEEP_BODIES=$keep "$node" "$here/model.mjs" "$base/model" >"$base/model.out" 2>&1 &
  model=$!
  until [ -s "$base/model/port" ]; do kill -0 "$model" || stop "the stand-in does not start"; sleep 0.1; done
  url=http://127.0.0.1:$(cat "$base/model/port")
  (
    cd "$repo" && git init -q -b main && git config user.name Tester && git config user.email tester@example.org &&
      echo one >notes.txt && alone "$base/home" git coord init --agent "$name" && git add -A && git commit -q -m 'Begin'
  ) >"$base/init.out" 2>&1 || stop "cannot set up: $(cat "$base/init.out")"
  prepare
  refused
  message
  released
  tools
  together
  ended
  kill "$model" && wait "$model" 2>/dev/null
  model=''
}

table() {
  echo '| agent | version | refused | message | released | tools | together | ended |'
  echo '|---|---|---|---|---|---|---|---|'
  for name in $agents; do
    (
      . "$here/$name.sh"
      printf '| %s | %s |' "$title" "$version"
      for what in refused message released tools together ended; do
        how=$(sed -n "s/^$what	//p" "$run/$name/results" 2>/dev/null)
        why=$(cat "$run/$name/not-tried" 2>/dev/null)
        printf ' %s |' "${how:-not tried: ${why:-what it needs did not come about}}"
      done
      echo
    )
  done
}

page() {
  cat <<EOF
# Agents that were seen

What \`tests/agents/run.sh\` saw with the real programs of coding agents on $(uname -s), each set up by
\`git coord init --agent\`, with a stand-in for its model and without an account. The script writes this
page with \`--write\`. What each agent is told to do and what is looked at:

| | |
|---|---|
| refused | Bob holds a lock. The agent's edit of that file is refused, the file stays as it was, and the model is told who holds it and Bob's reason |
| message | what Bob sends to the agent is in the next request to its model, quoted, and not told again with the prompt after that |
| released | Bob gives the lock back, and the same edit goes through |
| tools | the model is offered the tools of \`git coord mcp\`, and \`status\` answers |
| together | with \`coord.requireLock\` an edit is refused; the model takes the lock with the MCP tool \`lock\`, and then the hook lets the edit pass: server and hooks are one session |
| ended | when the program has ended, nothing is locked by it any more |

Every prompt but the first is given to a new process that goes on with the last conversation. What a
person approves once (trust in the folder, the server, the hooks) is written to the agent's own settings
or given as its option for automation; the rest is what \`init\` wrote.

EOF
  table
}

for name in $agents; do try "$name"; done
table
[ -z "$write" ] || page >"$top/docs/agents-seen.md"
! grep -q FAILED "$run"/*/results
