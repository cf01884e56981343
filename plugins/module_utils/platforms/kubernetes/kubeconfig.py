# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which kubeconfig is meant, and whether it may be used: judged before anything is connected."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, shown

EXAMPLE = "kubeconfig: ~/.kube/config"
DEFAULT = "~/.kube/config"


def files(section: Mapping[str, Any], environment: Mapping[str, str]) -> list[Path]:
    """The catalog's, else those of KUBECONFIG, else the user's own; none inside a cluster."""
    if section.get("kubeconfig"):
        return [Path(section["kubeconfig"]).expanduser()]
    if environment.get("KUBECONFIG"):
        return [
            Path(one).expanduser() for one in environment["KUBECONFIG"].split(os.pathsep) if one
        ]
    own = Path(DEFAULT).expanduser()
    return [own] if own.exists() or not environment.get("KUBERNETES_SERVICE_HOST") else []


def check(path: str, section: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
    """The context that is meant: the catalog's, else the first that is the current one of a file,
    as for kubectl. None without a kubeconfig."""
    found = files(section, environment)
    contexts: dict[str, None] = {}
    current = None
    for file in found:
        content = content_of(f"{path}.kubeconfig", file)
        contexts.update(dict.fromkeys(_names(content.get("contexts"))))
        current = current or content.get("current-context")
    return _context(path, section.get("context"), current, contexts, found)


def content_of(path: str, file: Path) -> Mapping[str, Any]:
    """It holds credentials: one that others can read is refused, as ssh refuses such a key."""
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8") if stat.S_ISREG(mode) else ""
        content = yaml_load(text)
    except OSError as error:
        raise _wrong(path, file, str(error.strerror)) from None
    except Exception:  # of the parser's own kinds, which cannot be named where it is missing
        raise _wrong(path, file, "it is no YAML") from None
    if not stat.S_ISREG(mode):
        raise _wrong(path, file, "it is no regular file")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        problem = f"others may use it (mode {stat.S_IMODE(mode):04o}); chmod 600 it"
        raise _wrong(path, file, problem)
    if not isinstance(content, Mapping):
        raise _wrong(path, file, "it is no kubeconfig")
    return content


def _names(listed: object) -> list[str]:
    entries = listed if isinstance(listed, list) else []
    return [str(one["name"]) for one in entries if isinstance(one, Mapping) and "name" in one]


def _context(
    path: str, wanted: Any, current: Any, known: Mapping[str, None], found: list[Path]
) -> str | None:
    if not found and wanted:
        raise InputError(
            f"{path}.context: got {shown('', wanted)}, and no kubeconfig; allowed is a context of one; "
            f"for example {EXAMPLE}"
        )
    name = wanted or current
    if found and name not in known:
        names = ", ".join(known) or "none"
        got = shown("", name) if name else "nothing, and the kubeconfig has no current one"
        raise InputError(
            f"{path}.context: got {got}; allowed is a context of {found[0]}: {names}; "
            f"for example context: {next(iter(known), 'production')}"
        )
    return str(name) if found else None


def _wrong(path: str, file: Path, problem: str) -> InputError:
    return InputError(
        f"{path}: {ascii(str(file))[:300]} cannot be used: {problem}; allowed is a kubeconfig that only "
        f"its owner can read; for example {EXAMPLE}"
    )
