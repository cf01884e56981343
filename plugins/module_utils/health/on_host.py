# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The question as a shell command, for an address that only the service's host reaches.

curl where there is one; else python3, which runs the same text as the controller; else wget,
which tells the least.
"""

from __future__ import annotations

import inspect
import json
import re
import shlex
import urllib.parse
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import Health
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done

Answer = dict[str, Any]
MARK = "oncall-health:"
# https://curl.se/libcurl/c/libcurl-errors.html
CURL = {
    5: "proxy_failed",
    6: "dns_failure",
    7: "connection_refused",
    28: "timeout",
    35: "tls_failed",
    47: "redirect_loop",
    51: "tls_failed",
    52: "reset",
    55: "reset",
    56: "reset",
    58: "tls_failed",
    60: "tls_failed",
    63: "too_large",
    77: "tls_failed",
}
# What wget says, GNU's and BusyBox's; the first that fits.
WGET = (
    ("dns_failure", r"unable to resolve|bad address|name or service not known"),
    ("tls_expired", r"certificate.*expired"),
    ("tls_failed", r"certificate|ssl|tls"),
    ("connection_refused", r"connection refused"),
    ("timeout", r"timed out"),
    ("redirect_loop", r"redirections? exceeded|too many redirections"),
    ("reset", r"reset by peer|no data received|connection closed|error getting response"),
    ("unreachable", r"unreachable|no route to host"),
)

SCRIPT = """\
if command -v curl >/dev/null 2>&1; then
  {{ LC_ALL=C {curl}; echo "{mark}curl $?" >&2; }} | head -c {size}
elif command -v python3 >/dev/null 2>&1; then
  echo {mark}python >&2
  exec python3 - {arguments}
elif command -v wget >/dev/null 2>&1; then
  set -- wget -q
  if wget --help 2>&1 | grep -q -e --max-redirect; then
    # A kept connection that the server has closed would cost the only try.
    set -- wget -nv --tries=1 --no-http-keep-alive --max-redirect={redirects}
  fi
  if command -v timeout >/dev/null 2>&1; then set -- timeout {seconds} "$@"; fi
  {{ env LC_ALL=C{no_proxy} "$@" -S -T {seconds} -O - {url}; echo "{mark}wget $?" >&2; }} | head -c {size}
else
  echo {mark}none >&2
fi
"""


def script(health: Health) -> tuple[str, str]:
    """The command and its standard input."""
    near = http.is_near(urllib.parse.urlsplit(health.url).hostname or "")
    curl = ["curl", "-q", "-sS", "-g", "--max-time", str(health.seconds)]
    curl += ["--noproxy", "*"] if near else []
    if not wants_redirect(health):
        curl += ["-L", "--max-redirs", str(http.REDIRECTS_MAX), "--proto-redir", "=http,https"]
    curl += ["-w", f"\\n{MARK}%{{http_code}} %{{time_total}}", health.url]
    given = {"url": health.url, "statuses": health.statuses, "seconds": health.seconds}
    text = SCRIPT.format(
        mark=MARK,
        curl=shlex.join(curl),
        size=http.BODY_MAX + 1024,
        arguments=shlex.quote(json.dumps(given)),
        redirects=0 if wants_redirect(health) else http.REDIRECTS_MAX,
        seconds=health.seconds,
        no_proxy=" http_proxy= https_proxy= HTTPS_PROXY=" if near else "",
        url=shlex.quote(health.url),
    )
    return text, inspect.getsource(http)


def answer(health: Health, done: Done) -> Answer:
    """What the client said, in the words of http.fetch()."""
    found = re.search(rf"{MARK}(\w+)(?: (\d+))?", done.stderr)
    client, status = (found[1], int(found[2] or 0)) if found else ("none", 0)
    errors = re.sub(rf"{MARK}.*", "", done.stderr).strip()
    if client == "python":
        return from_python(done, errors)
    if client == "curl":
        return from_curl(done.stdout, errors, status)
    if client == "wget":
        return from_wget(done.stdout, errors, status, followed=not wants_redirect(health))
    return failed("client_missing", "its host has no curl, python3 or wget to ask it with")


def from_python(done: Done, errors: str) -> Answer:
    try:
        answer: Answer = json.loads(done.stdout)
    except ValueError:
        return failed("client_missing", f"python3 on its host failed: {last(errors)}")
    return answer


def from_curl(output: str, errors: str, status: int) -> Answer:
    body, mark, tail = output.rpartition(f"\n{MARK}")
    if not mark or len(body) > http.BODY_MAX:
        if status in (0, 23, 63):  # 23: nobody took the rest of it
            return failed("too_large", f"the answer is larger than {http.BODY_MAX // 1024} KiB")
        body, tail = "", "0 0"
    code, _space, seconds = tail.partition(" ")
    said = re.search(r"^curl: \(\d+\) (.*)", errors, re.MULTILINE)
    message = said[1][:200] if said else last(errors)
    if status:
        reason = CURL.get(status, "unreachable")
        if reason == "tls_failed" and "expired" in message:
            reason = "tls_expired"
        if reason == "connection_refused" and not re.search("refused|Failed to connect", message):
            reason = "unreachable"
        return {**failed(reason, message), "seconds": float(seconds or 0)}
    return {**failed("ok", ""), "status": int(code), "body": body, "seconds": float(seconds)}


def wants_redirect(health: Health) -> bool:
    """Then it is the answer, and not followed."""
    return any(status in http.REDIRECTS for status in health.statuses)


def from_wget(output: str, errors: str, status: int, followed: bool) -> Answer:
    codes = re.findall(r"^\s*HTTP/\S+ (\d{3})", errors, re.MULTILINE)
    if len(output) > http.BODY_MAX:
        return failed("too_large", f"the answer is larger than {http.BODY_MAX // 1024} KiB")
    broken_off = bool(codes) and followed and int(codes[-1]) in http.REDIRECTS
    if codes and not broken_off:
        return {**failed("ok", ""), "status": int(codes[-1]), "body": output}
    if status == 0 and not codes:  # BusyBox says nothing of a good answer
        return {**failed("ok", ""), "status": 200, "body": output}
    if status in (124, 143):
        return failed("timeout", "no answer in time")
    busybox = re.search(r"server returned error: HTTP/\S+ (\d{3})", errors)
    if busybox:
        return {**failed("ok", ""), "status": int(busybox[1])}
    for reason, pattern in WGET:
        if re.search(pattern, errors, re.IGNORECASE):
            return failed(reason, last(errors))
    if broken_off:
        return failed("redirect_loop", "redirected in a circle, or too often")
    return failed("unreachable", last(errors) or f"wget ended with status {status}")


def failed(reason: str, message: str) -> Answer:
    return {"reason": reason, "message": message, "status": None, "body": "", "seconds": 0.0}


def last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
