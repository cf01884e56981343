# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the shell does on the host, each in one round trip: look, change a service, run something.

POSIX sh, docker and its Compose plugin, nothing else. Every call ends in time: an engine that
hangs is an answer, too.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose import formats
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.formats import MARK

ASK_S = 10
# A recreation waits for the old container to end, as long as its owner allows.
UP_S = 300
# What runs inside brings its own limit; this one is for an engine that hangs meanwhile.
INSIDE_S = 900


@dataclass(frozen=True)
class Place:
    """A project as the catalog names it: empty is not named."""

    folder: str
    project: str = ""
    files: tuple[str, ...] = ()


HEAD = rf"""
LC_ALL=C; export LC_ALL
tab=$(printf '\t')
say() {{ printf '{MARK}\t%s\n' "$1"; }}
one_line() {{ tr '\n\t' '  ' | cut -c 1-400; }}
refuse() {{ say "refused$tab$1$tab$(printf '%s' "$2" | one_line)"; exit 0; }}
ask() {{
  if command -v timeout >/dev/null 2>&1; then timeout -k 2 "$limit" "$@"; else "$@"; fi
}}
# What docker said and its exit status: an engine that hangs is told from one that is not there.
engine() {{
  case $2 in
    0) ;;
    124|137) refuse container_runtime_unavailable "the Docker engine gives no answer in $limit s" ;;
    *) case $1 in
         *"permission denied"*) refuse forbidden "this user may not ask the Docker engine" ;;
         *) refuse container_runtime_unavailable "$(printf '%s\n' "$1" | sed -n '/./{{p;q;}}')" ;;
       esac ;;
  esac
}}
command -v docker >/dev/null 2>&1 || refuse client_missing "docker is not installed on the host"
limit={ASK_S}
"""

# The containers of the project: by its name, else by the folder that it was started in.
FIND = r"""
real=$(cd "$folder" 2>/dev/null && pwd -P) || real=$folder
rows=$(ask docker ps -a --no-trunc --filter label=com.docker.compose.oneoff=False $only --format "$row" 2>&1)
engine "$rows" $?
started_here() {
  printf '%s\n' "$rows" | FOLDER=$folder REAL=$real SERVICES=" $services " awk -F '\t' '
    ($3 == ENVIRON["FOLDER"] || $3 == ENVIRON["REAL"]) && index(ENVIRON["SERVICES"], " " $4 " ") { print $2 }
  ' | sort -u
}
own_rows() {
  printf '%s\n' "$rows" | PROJECT=$project SERVICES=" $services " awk -F '\t' '
    $2 == ENVIRON["PROJECT"] && index(ENVIRON["SERVICES"], " " $4 " ") { print }
  ' | sort -t "$tab" -k 7,7n
}
if [ -z "$project" ]; then
  project=$(started_here)
  if [ "$(printf '%s\n' "$project" | grep -c .)" -gt 1 ]; then
    refuse not_managed "several projects were started in $folder ($(echo $project)); say which, as project: NAME"
  fi
fi
"""

# The files that Compose would take by itself, because beside a further one it takes those it is told.
# What the containers were made from comes first, as long as it is there.
FILES = r"""
newline='
'
made_from=$(own_rows | sed -n 1p | cut -f 5 | tr ',' '\n' | grep -vx -e -)
settings=$(own_rows | sed -n 1p | cut -f 6)
[ -f "$settings" ] || settings=
all_there() {
  printf '%s\n' "$1" | while IFS= read -r file; do [ -f "$file" ] || exit 1; done
}
if [ -z "$files" ] && [ -n "$made_from" ] && all_there "$made_from"; then files=$made_from; fi
for base in compose.yaml compose.yml docker-compose.yml docker-compose.yaml; do
  if [ -z "$files" ] && [ -f "$folder/$base" ]; then
    files=$folder/$base
    for also in "${base%.*}.override.yaml" "${base%.*}.override.yml"; do
      if [ -f "$folder/$also" ]; then files=$files$newline$folder/$also; break; fi
    done
  fi
done
compose() {
  old=$IFS; IFS=$newline; set -f
  set -- --project-directory "$folder" ${project:+-p} $project ${settings:+--env-file} $settings \
    $(printf '%s' "$files" | sed 's/^/-f\n/') "$@"
  set +f; IFS=$old
  ask docker compose --ansi never "$@"
}
"""

# The configuration, and the hashes that the containers should carry.
CONFIG = r"""
if ! cd "$folder" 2>/dev/null; then say "problem${tab}there is no folder $folder"
elif [ -z "$files" ]; then say "problem${tab}there is no compose file in $folder"
else
  told=$(compose config --format json 2>&1)
  case $? in
    0) told=$(printf '%s\n' "$told" | awk "$config")
       printf '%s\n' "$told"
       [ -n "$project" ] || project=$(printf '%s\n' "$told" | sed -n "s/^.*${tab}name${tab}\"\(.*\)\"/\1/p") ;;
    *) case $told in
         *"is not a docker command"*|*"unknown command"*|*"unknown flag: --project-directory"*)
           say "problem${tab}docker has no Compose plugin, version 2 or later" ;;
         *) say "problem$tab$(printf '%s\n' "$told" | sed '/level=warning/d; /^$/d' | tail -n 1 | one_line)" ;;
       esac
       told= ;;
  esac
fi
"""

CONTAINERS = r"""
say "now$tab$(date +%s)"
say "project$tab$project"
ids=$(own_rows | cut -f 1)
if [ -n "$ids" ]; then
  found=$(ask docker inspect --format "$container" $ids 2>&1)
  status=$?
  case $found in *"No such object"*|*"no such object"*) status=0 ;; esac
  engine "$found" $status
  printf '%s\n' "$found"
fi
"""

# What the containers would carry had they been made from the files of now; and the images.
MADE_FROM = r"""
if [ -n "$ids" ] && [ -n "$told" ]; then
  hashes_of() {
    { printf '{"services":{'; ask docker inspect --format "$as_made" "$@" | sed 's/\$/$$/g'; printf '}}'; } |
      compose -f - config --hash "$which" 2>/dev/null | sed "s/^/{mark}${tab}hash${tab}/"
  }
  which='*'; hashes_of $(own_rows | awk -F '\t' '!seen[$4]++ { print $1 }')
  # Those beside the first that were made from something else, as in the middle of a deployment.
  own_rows | awk -F '\t' '!seen[$4, $8]++ && also[$4]++ { print $1, $4 }' |
    while read -r id which; do hashes_of "$id" </dev/null; done
fi
ask docker image ls --no-trunc --digests --format "$images" 2>/dev/null
for service in $services; do
  ask docker image ls --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$service" --format "$built" 2>/dev/null |
    sed "s/^{mark}${tab}built/&${tab}$service/"
done
""".replace("{mark}", MARK)

# Who has a port that a container of ours would need, and whom the kernel ended for want of memory.
TROUBLE = r"""
case $found in *'"status":"exited"'*|*'"status":"created"'*|*'"status":"restarting"'*|*'"status":"dead"'*)
  ask docker ps --format "$published" 2>/dev/null
  ss -Hltnp 2>/dev/null | head -n 500 | sed "s/^/{mark}${tab}listener${tab}/"
esac
case $found in *'"exit_code":137'*|*'"restarts":'[1-9]*)
  readable=1
  kernel=$(dmesg 2>/dev/null) || kernel=$(ask journalctl -kqb --no-pager -n 5000 2>/dev/null) || readable=0
  say "kernel$tab$readable"
  printf '%s\n' "$kernel" | grep -aE 'oom-kill:|killed as a result of limit' | tail -n 50 |
    sed "s/^/{mark}${tab}oom${tab}/"
esac
say end
""".replace("{mark}", MARK)


def look(place: Place, services: Iterable[str]) -> str:
    """Everything about some services of one project."""
    words = {"config": formats.CONFIG, "container": formats.CONTAINER, "as_made": formats.AS_MADE}
    words.update(images=formats.IMAGES, built=formats.BUILT, published=formats.PUBLISHED)
    parts = (HEAD, FIND, FILES, CONFIG, CONTAINERS, MADE_FROM, TROUBLE)
    return _given(place, services, words) + "".join(parts)


def look_again(place: Place, services: Iterable[str]) -> str:
    """Only what changes by itself: Compose alone takes longer than all of this."""
    words = {"container": formats.CONTAINER, "published": formats.PUBLISHED}
    return _given(place, services, words) + HEAD + FIND + CONTAINERS + TROUBLE


# Makes the service anew with an override that comes on standard input of Compose, and nothing else.
# The values of variables come on ours, or stay in the container that is replaced.
APPLY = r"""
[ "$(own_rows | cut -f 1 | sort)" = "$expected" ] || {
  say "outcome${tab}moved"; say end; exit 0
}
IFS= read -r values; IFS= read -r labels
kept=$(ask docker inspect --format "$carried" "$(own_rows | sed -n 1p | cut -f 1)" 2>&1)
engine "$kept" $?
override=$(printf '{"services":{"%s":{%s"environment":{%s%s},"labels":{%s%s%s}}}}' "$services" "$settings_here" \
  "$(printf '%s\n' "$kept" | sed -n 1p)" "$values" \
  "$settings_labels" "$(printf '%s\n' "$kept" | sed -n 2p)" "$labels" | sed 's/\$/$$/g')
hash=$(printf '%s' "$override" | compose -f - config --hash "$services" 2>/dev/null)
if [ -n "$same_hash" ] && [ "$hash" = "$services $same_hash" ]; then
  say "outcome${tab}same"
elif [ "$dry" = 1 ]; then
  say "outcome${tab}would"
else
  limit={limit}
  told=$(printf '%s' "$override" | compose -f - up $start --no-deps --no-build --pull never $keep \
    --scale "$services=$number" "$services" 2>&1)
  case $? in
    0) say "outcome${tab}applied" ;;
    124|137) say "outcome${tab}failed"; say "message${tab}no end in $limit s" ;;
    *) say "outcome${tab}failed"; say "message$tab$(printf '%s\n' "$told" | sed '/^$/d' | tail -n 1 | one_line)" ;;
  esac
fi
say end
""".replace("{limit}", str(UP_S))


@dataclass(frozen=True)
class Remake:
    """What the new containers of a service are to have beside what the compose files say."""

    # JSON without its braces: the settings, and the labels that keep them.
    settings: str
    labels: str
    number: int
    # The containers that were looked at. Others are somebody else's deployment.
    expected: tuple[str, ...]
    # Variables set here before that are not taken over.
    dropped: tuple[str, ...] = ()
    # Containers that carry this hash are as they should be. Empty: they are not, whatever they carry.
    same_hash: str = ""
    # Only the number changes: those that are there stay.
    keep: bool = False
    # New containers are made, and nothing is started.
    aside: bool = False


def apply(place: Place, service: str, remake: Remake, dry: bool) -> str:
    words = {
        "expected": "\n".join(sorted(remake.expected)),
        "carried": formats.carried(remake.dropped),
        "settings_here": remake.settings,
        "settings_labels": remake.labels,
        "number": str(remake.number),
        "same_hash": remake.same_hash,
        "keep": "--no-recreate" if remake.keep else "",
        "start": "--no-start" if remake.aside else "-d",
        "dry": "1" if dry else "",
    }
    return _given(place, [service], words) + HEAD + FIND + FILES + APPLY


INSIDE = r"""
id=$(own_rows | sed -n 1p | cut -f 1)
[ -n "$id" ] || refuse stopped "no container of service $services runs"
limit={limit}
# Not the last command: a shell may replace itself by that one, and what it says is lost.
ask docker exec -i "$id" sh -c "$command"
exit $?
""".replace("{limit}", str(INSIDE_S))

# With the volumes of the container, whether it runs or not. Removed without -v: an anonymous volume
# of the service is not ours to remove.
BESIDE = r"""
id=$(own_rows | sed -n 1p | cut -f 1)
[ -n "$id" ] || refuse missing "there is no container of service $services"
image=$(ask docker inspect --format '{{.Image}}' "$id" 2>&1) || refuse missing "$image"
helper=$(ask docker create -i --user 0 --network none --volumes-from "$id" --entrypoint sh \
  --label {mark}.helper=1 "$image" -c "$command" 2>&1) || refuse container_runtime_unavailable "$helper"
helper=$(printf '%s\n' "$helper" | tail -n 1)
trap 'ask docker rm -f "$helper" >/dev/null 2>&1' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
limit={limit}
ask docker start -ai "$helper"
exit $?
""".replace("{mark}", MARK).replace("{limit}", str(INSIDE_S))


def inside(place: Place, service: str, command: str) -> str:
    """A shell command in the running container, standard input and all."""
    words = {"command": command, "only": "--filter=status=running"}
    return _given(place, [service], words) + HEAD + FIND + INSIDE


def beside(place: Place, service: str, command: str) -> str:
    """A shell command with the files of a service that need not run."""
    return _given(place, [service], {"command": command}) + HEAD + FIND + BESIDE


def _given(place: Place, services: Iterable[str], more: Mapping[str, str]) -> str:
    words = {
        "folder": place.folder,
        "project": place.project,
        "files": "\n".join(place.files),
        "services": " ".join(services),
        "row": formats.ROW,
        "only": "",
        **more,
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
