# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What containers and compose files are asked for, and the override that a container was made with.

Values of environment variables do not leave the host; the names do.
"""

from __future__ import annotations

from collections.abc import Iterable

# Each answer is a line of its own that begins so: what a login shell prints is no answer.
MARK = "oncall.runbooks"
# A container made with settings of ours keeps them as labels, one each. It is the only record of
# them: whoever deploys anew makes a container without them, and nothing is left to clean up.
IMAGE = "oncall.runbooks.image"
LIMITS = "oncall.runbooks.limits"
ENVIRONMENT = "oncall.runbooks.env."

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
FOLDER = f"{PROJECT}.working_dir"
FILES = f"{PROJECT}.config_files"
ENV_FILE = f"{PROJECT}.environment_file"
NUMBER = "com.docker.compose.container-number"
HASH = "com.docker.compose.config-hash"


def label(name: str) -> str:
    return f'(index .Config.Labels "{name}")'


# docker ps: the columns by which the containers of a project are found.
ROW = "\t".join(
    [
        "{{.ID}}",
        *(
            f'{{{{.Label "{name}"}}}}'
            for name in (PROJECT, FOLDER, SERVICE, FILES, ENV_FILE, NUMBER, HASH)
        ),
    ]
)


def _each_setting(template: str, without: Iterable[str] = ()) -> str:
    """For each variable that was set here: its label's name is $name, its value $value."""
    length = len(ENVIRONMENT)
    kept = "".join(f'{{{{if ne (slice $name {length}) "{name}"}}}}' for name in without)
    return (
        "{{range $name, $value := .Config.Labels}}"
        f"{{{{if gt (len $name) {length}}}}}"
        f'{{{{if eq (slice $name 0 {length}) "{ENVIRONMENT}"}}}}'
        f"{kept}{template}{'{{end}}' * kept.count('{{if')}"
        "{{end}}{{end}}{{end}}"
    )


_NAME = f'"{{{{slice $name {len(ENVIRONMENT)}}}}}"'
_VALUES = _NAME + ":{{json $value}},"
_LABELS = '"{{$name}}":{{json $value}},'


def carried(without: Iterable[str]) -> str:
    """docker inspect: the variables set here, for `environment`, and in a second line for `labels`."""
    dropped = list(without)
    return f"{_each_setting(_VALUES, dropped)}\n{_each_setting(_LABELS, dropped)}"


# docker inspect: the entry of one service in the override that its container was made with, in YAML,
# which allows a comma too many. Beside the compose files it must give the hash that the container
# carries; if not, the files say something else by now than what runs.
# What Compose built itself has an image's name of Compose's own, which the files do not hold.
AS_MADE = (
    f'{{{{$own := printf "%s-%s" {label(PROJECT)} {label(SERVICE)}}}}}'
    f'"{{{{index .Config.Labels "{SERVICE}"}}}}":{{ '
    '{{if ne .Config.Image $own}}"image":{{json .Config.Image}},{{end}}'
    f'{{{{with index .Config.Labels "{LIMITS}"}}}}{{{{.}}}},{{{{end}}}}'
    f'"environment":{{ {_each_setting(_VALUES)}}},"labels":{{ '
    f'{{{{with index .Config.Labels "{IMAGE}"}}}}"{IMAGE}":{{{{json .}}}},{{{{end}}}}'
    f'{{{{with index .Config.Labels "{LIMITS}"}}}}"{LIMITS}":{{{{json .}}}},{{{{end}}}}'
    f"{_each_setting(_LABELS)}}}}},"
)

_FIELDS = {
    "id": ".ID",
    "name": ".Name",
    "project": label(PROJECT),
    "service": label(SERVICE),
    "number": label(NUMBER),
    "hash": label(HASH),
    "image": ".Image",
    "image_name": ".Config.Image",
    "status": ".State.Status",
    "exit_code": ".State.ExitCode",
    "error": ".State.Error",
    "oom_killed": ".State.OOMKilled",
    "started_at": ".State.StartedAt",
    "restarts": ".RestartCount",
    "policy": ".HostConfig.RestartPolicy.Name",
    "memory": ".HostConfig.Memory",
    "nano_cpus": ".HostConfig.NanoCPUs",
    "ports": ".HostConfig.PortBindings",
    "pinned": label(IMAGE),
    "limits": label(LIMITS),
}
# docker inspect: one line a container. Of its health check not the output, which may be anything.
CONTAINER = (
    f"{MARK}\tcontainer\t{{"
    + ",".join(f'"{name}":{{{{json {path}}}}}' for name, path in _FIELDS.items())
    + ',"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}}'
    ',"failing":{{if .State.Health}}{{json .State.Health.FailingStreak}}{{else}}0{{end}}'
    ',"environment":[{{range .Config.Env}}{{json (index (split . "=") 0)}},{{end}}null]'
    ',"mounts":[{{range .Mounts}}{{if eq (print .Type) "volume"}}{{json .Name}},{{end}}{{end}}null]'
    f',"set":[{_each_setting(_NAME + ",")}null]}}'
)

# docker image ls, for every image: a reference is looked up in it.
IMAGES = f"{MARK}\timage\t{{{{.ID}}}}\t{{{{.Repository}}}}\t{{{{.Tag}}}}\t{{{{.Digest}}}}\t{{{{.CreatedAt}}}}"
BUILT = f"{MARK}\tbuilt\t{{{{.ID}}}}\t{{{{.CreatedAt}}}}"
PUBLISHED = f"{MARK}\tpublished\t{{{{.Names}}}}\t{{{{.Ports}}}}"

# awk, on the indented JSON of `docker compose config`: the path of each line, and the value of those
# that are needed. An element of a list has no name.
_KEYS = (
    "image",
    "build",
    "scale",
    "container_name",
    "network_mode",
    "mem_limit",
    "cpus",
    "deploy/replicas",
    "deploy/resources/limits/memory",
    "deploy/resources/limits/cpus",
    "ports//published",
)
_WANTED = "|".join(_KEYS).replace("/", "\\/")
_PATHS = rf"^services\/[^\/]+(\/({_WANTED}))?$"
CONFIG = rf"""
/^ *"[^"]*":/ {{
  depth = (match($0, /[^ ]/) - 1) / 2
  name = $0; sub(/^ *"/, "", name); sub(/".*/, "", name)
  value = $0; sub(/^ *"[^"]*": */, "", value); sub(/,$/, "", value)
  path[depth] = name; for (i = depth + 1; i < 9; i++) path[i] = ""
  full = path[1]; for (i = 2; i <= depth; i++) full = full "/" path[i]
  if (full == "name" || full ~ /{_PATHS}/) print "{MARK}\tconfig\t" full "\t" value
}}
"""
