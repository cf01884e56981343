# shellcheck shell=bash
# Sourced by the tools; all of them work from the root of the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Without its bytecode each run would compile the collection anew.
unset PYTHONDONTWRITEBYTECODE

# Slow things that outlive a checkout (read by the tools that source this).
# shellcheck disable=SC2034
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/oncall-runbooks"

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}
root() { [ "$(id -u)" -eq 0 ]; }

# packages NAME...: install the missing ones; false where this user or system cannot.
packages() {
  local missing=() name
  command -v dpkg-query >/dev/null || return 1
  for name in "$@"; do
    [[ "$(dpkg-query -Wf '${Status}' "$name" 2>/dev/null)" == *" installed" ]] || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  root && command -v apt-get >/dev/null || return 1
  say "installing Debian packages: ${missing[*]}"
  local log
  log="$(mktemp)"
  export DEBIAN_FRONTEND=noninteractive
  # Without lists (a fresh container), or with old ones, the first try fails.
  if ! apt-get install -y -q --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    if ! { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
      tail -n 5 "$log" >&2
      rm -f "$log"
      return 1
    fi
  fi
  rm -f "$log"
}

# use_venv FOLDER: its programs first, and the settings of this checkout alone.
use_venv() {
  unset "${!ANSIBLE_@}" "${!PYTEST_@}" PYTHONPATH PYTHONHOME
  export VIRTUAL_ENV="$PWD/$1" PATH="$PWD/$1/bin:$PATH" ANSIBLE_CONFIG="$PWD/ansible.cfg"
}

# copy_collection FOLDER: this checkout, without what git ignores, as
# FOLDER/ansible_collections/oncall/runbooks; some tools do not follow the symlink.
copy_collection() {
  rm -rf "$1/ansible_collections"
  mkdir -p "$1/ansible_collections/oncall/runbooks"
  git ls-files -z --cached --others --exclude-standard -- . ':!.ansible' |
    while IFS= read -r -d '' name; do [ ! -e "$name" ] || printf '%s\0' "$name"; done |
    tar --null --files-from=- -cf - | tar -xf - -C "$1/ansible_collections/oncall/runbooks"
}

passed=0 failed=0 skipped=0

# tally LOG STATUS: add up what the last summary in the log says; without one, it was one step.
tally() {
  local line number word before=$((passed + failed + skipped))
  line="$(grep -E '(^|[ =])[0-9]+ (passed|failed|skipped|errors?)\b' "$1" | tail -n 1)" || true
  while read -r number word; do
    case "$word" in
      passed) passed=$((passed + number)) ;;
      failed | error*) failed=$((failed + number)) failures=$((failures + number)) ;;
      skipped) skipped=$((skipped + number)) ;;
    esac
  done < <(grep -oE '[0-9]+ (passed|failed|skipped|errors?)' <<<"$line")
  if [ "$2" -ne 0 ] && [ "$failures" -eq 0 ]; then
    failed=$((failed + 1)) failures=1
  elif [ $((passed + failed + skipped)) -eq "$before" ] && [ -z "$line" ]; then
    passed=$((passed + 1))
  fi
}

# plainly COMMAND...: logs are read by people and by tally: no escape sequences.
plainly() (
  export NO_COLOR=1 PY_COLORS=0
  "$@"
)

# part NAME COMMAND...: one part of the tests. Shows what it printed only when it failed;
# exit status 3 with a line `skipped: why` means that it cannot run here.
part() {
  local name="$1" status=0 failures=0 began=$EPOCHREALTIME log took
  shift
  mkdir -p .cache/log
  log=".cache/log/${name//[^a-z0-9.]/-}.log"
  printf '%-34s' "$name"
  plainly "$@" >"$log" 2>&1 </dev/null || status=$?
  took="$(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 100000))"
  took="$((took / 10)).$((took % 10)) s"
  if [ $status -eq 3 ] && grep -q '^skipped: ' "$log"; then
    skipped=$((skipped + 1))
    grep -m 1 '^skipped: ' "$log"
    return
  fi
  tally "$log" $status
  if [ "$failures" -eq 0 ]; then
    printf 'ok      %8s\n' "$took"
    grep -E '^(SKIPPED|skipped:|only when tried again:) ' "$log" | sed 's/^/    /' || true
  else
    printf 'FAILED  %8s\n' "$took"
    tail -n 200 "$log" | sed 's/^/    /'
  fi
}

# beside NAME COMMAND...: begins now, while other parts run; then `part NAME ended NAME` waits for its end.
beside() {
  local log=".cache/log/beside-$1"
  shift
  mkdir -p .cache/log
  rm -f "$log" "$log.status"
  {
    local status=0
    plainly "$@" >"$log" 2>&1 </dev/null || status=$?
    echo $status >"$log.unfinished" && mv "$log.unfinished" "$log.status"
  } &
}
ended() {
  local log=".cache/log/beside-$1"
  until [ -e "$log.status" ]; do sleep 0.2; done
  cat "$log"
  return "$(cat "$log.status")"
}

# group COMMAND...: a tool that prints parts of its own.
group() {
  local status=0 failures=0 log
  mkdir -p .cache/log
  log="$(mktemp .cache/log/group.XXXXXX)"
  "$@" 2>&1 </dev/null | tee "$log" | sed -u '/^[0-9]* passed, [0-9]* failed/d' || status=${PIPESTATUS[0]}
  tally "$log" "$status"
  rm -f "$log"
}

# summary: the closing line, and whether all went well.
summary() {
  printf '\n%d passed, %d failed' "$passed" "$failed"
  [ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
  printf '\n'
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
