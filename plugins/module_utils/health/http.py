# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One HTTP question, bounded in time, in size and in redirects; every way to fail has its own reason.

Only the standard library, and nothing newer than Python 3.7: this text is also sent to a
service's host and run there by its own python3.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import json
import queue
import socket
import ssl
import sys
import threading
import time
import urllib.parse
import urllib.request
from typing import NamedTuple

BODY_MAX = 64 * 1024
REDIRECTS_MAX = 5
REDIRECTS = (301, 302, 303, 307, 308)
# X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL
EXPIRED = 10


class Failed(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Question:
    """What is asked beside the address; most often nothing. `most` is how large an answer may be."""

    def __init__(
        self,
        method: str,
        data: str,
        headers: dict[str, str],
        cafile: str = "",
        most: int = BODY_MAX,
    ) -> None:
        self.method = method
        self.data = data
        self.headers = headers
        self.cafile = cafile  # who signed the server's certificate, when not one of the system's
        self.most = most

    def redirected(self, status: int, same_place: bool) -> Question:
        """A form is not sent twice, and nobody else gets our credentials."""
        kept = self.headers if same_place else {}
        method, data = self.method, self.data if same_place else ""
        if status not in (307, 308):
            method, data = "GET", ""
            kept = {k: v for k, v in kept.items() if k != "Content-Type"}
        return Question(method, data, kept, self.cafile, self.most)


class Deadline:
    """One for all steps together: a time-out for each would let a slow drip go on without end."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ends = time.monotonic() + seconds

    def left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")  # noqa: UP041 (another class before Python 3.10)
        return left


class Stream(io.RawIOBase):
    """What http.client reads from: a socket that knows the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.sock = sock
        self.deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.sock.settimeout(self.deadline.left())
        return self.sock.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)


def fetch(
    url: str,
    statuses: list[int],
    seconds: float,
    method: str = "GET",
    data: str = "",
    headers: dict[str, str] | None = None,
    cafile: str = "",
    most: int = BODY_MAX,
) -> dict[str, object]:
    """What came back: reason, message, status, body, retry_after, seconds, and certificate_seconds, for which
    the server's certificate is still good (None without TLS). Never raises."""
    began = time.monotonic()
    answer: dict[str, object] = {"reason": "ok", "message": "", "status": None, "body": ""}
    answer.update(retry_after="", certificate_seconds=None)
    try:
        question = Question(method, data, headers or {}, cafile, most)
        told = followed(url, statuses, Deadline(seconds), question)
        answer.update(told._asdict())
    except Failed as failed:
        answer.update(reason=failed.reason, message=str(failed))
    except socket.timeout:  # noqa: UP041
        answer.update(reason="timeout", message=f"no answer within {seconds:g} s")
    except ssl.SSLError as error:
        answer.update(reason=tls_reason(error), message=said(error))
    except ConnectionRefusedError:
        answer.update(reason="connection_refused", message="the connection was refused")
    except (ConnectionError, http.client.RemoteDisconnected):
        answer.update(reason="reset", message="the connection was cut off")
    except OSError as error:
        answer.update(reason="unreachable", message=error.strerror or said(error))
    except (http.client.HTTPException, ValueError) as error:
        answer.update(reason="bad_answer", message=f"no HTTP: {said(error)}")
    answer["seconds"] = round(time.monotonic() - began, 4)
    return answer


class Told(NamedTuple):
    status: int
    location: str
    body: str
    retry_after: str
    certificate_seconds: float | None


def followed(url: str, statuses: list[int], deadline: Deadline, question: Question) -> Told:
    """The last answer of a chain of redirects. One that is asked for is not followed."""
    seen = [url]
    while True:
        told = once(url, deadline, question)
        if told.status in statuses or told.status not in REDIRECTS or not told.location:
            return told
        before, url = url, urllib.parse.urljoin(url, told.location)
        question = question.redirected(told.status, same_place(before, url))
        if url in seen or len(seen) > REDIRECTS_MAX:
            raise Failed(
                "redirect_loop", f"redirected in a circle, or more than {REDIRECTS_MAX} times"
            )
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise Failed("bad_answer", "redirected to something that is not HTTP")
        seen.append(url)


def same_place(url: str, other: str) -> bool:
    one, two = urllib.parse.urlsplit(url), urllib.parse.urlsplit(other)
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)


def once(url: str, deadline: Deadline, question: Question) -> Told:
    parts = urllib.parse.urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    proxy = proxy_of(parts.scheme, host)
    sock = through(proxy, host, port, tls, deadline) if proxy else connect(host, port, deadline)
    try:
        if tls:
            sock.settimeout(deadline.left())
            context = ssl.create_default_context(cafile=question.cafile or None)
            sock = context.wrap_socket(sock, server_hostname=host)
        path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        asked = f"{parts.scheme}://{parts.netloc}{path}" if proxy and not tls else path
        response = ask(sock, f"{question.method} {asked}", parts.netloc, deadline, question)
        body = response.read(question.most + 1)
        if len(body) > question.most:
            raise Failed("too_large", f"the answer is larger than {question.most // 1024} KiB")
        location, later = response.getheader("Location"), response.getheader("Retry-After")
        text = body.decode(errors="replace")
        return Told(response.status, location or "", text, later or "", certificate_seconds(sock))
    finally:
        sock.close()


def certificate_seconds(sock: socket.socket) -> float | None:
    """Of the server's own; those above it are not told."""
    if not isinstance(sock, ssl.SSLSocket):
        return None
    ends = str((sock.getpeercert() or {})["notAfter"])
    return ssl.cert_time_to_seconds(ends) - time.time()


def ask(
    sock: socket.socket,
    what: str,
    host: str,
    deadline: Deadline,
    question: Question | None = None,
) -> http.client.HTTPResponse:
    lines = [f"{what} HTTP/1.1", f"Host: {host}", "User-Agent: oncall-runbooks", "Accept: */*"]
    data = b""
    if question:
        data = question.data.encode()
        lines += [f"{name}: {value}" for name, value in question.headers.items()]
        lines += [f"Content-Length: {len(data)}"] if data or question.method != "GET" else []
    sock.settimeout(deadline.left())
    sock.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1") + data)
    method = what.split()[0]
    response = http.client.HTTPResponse(Stream(sock, deadline), method=method)  # type: ignore[arg-type]
    response.begin()
    return response


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """To the first address that takes us; when none does, the error of the last."""
    problem: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _name, address in addresses(host, port, deadline):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left())
            sock.connect(address)
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    raise problem


def addresses(host: str, port: int, deadline: Deadline) -> list[tuple]:  # type: ignore[type-arg]
    """The resolver knows no time-out, so it works beside us and is not waited for longer."""
    answers: queue.Queue[object] = queue.Queue()

    def resolve() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        found = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise Failed("dns_failure", f"no answer about the name {host}") from None
    if isinstance(found, Exception):
        why = getattr(found, "strerror", None) or "no name that can be looked up"
        raise Failed("dns_failure", f"the name {host} is not known here: {why}")
    return found  # type: ignore[return-value]


def proxy_of(scheme: str, host: str) -> str:
    """The environment's proxy, as curl has it. What is near is asked itself."""
    if is_near(host) or urllib.request.proxy_bypass(host):
        return ""
    return urllib.request.getproxies().get(scheme, "")


def is_near(host: str) -> bool:
    """A name without a dot, or an address of no public network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host.rstrip(".")
    return address.is_loopback or address.is_private or address.is_link_local


def through(proxy: str, host: str, port: int, tls: bool, deadline: Deadline) -> socket.socket:
    parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
    place = f"{parts.hostname}:{parts.port or 3128}"
    try:
        sock = connect(parts.hostname or "", parts.port or 3128, deadline)
        if not tls:
            return sock
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        status = ask(sock, f"CONNECT {name}", name, deadline).status
    except (OSError, Failed, http.client.HTTPException) as error:
        raise Failed(
            "proxy_failed", f"the proxy {place} of the environment: {said(error)}"
        ) from None
    if status != 200:
        raise Failed("proxy_failed", f"the proxy {place} of the environment answers {status}")
    return sock


def tls_reason(error: ssl.SSLError) -> str:
    return "tls_expired" if getattr(error, "verify_code", None) == EXPIRED else "tls_failed"


def said(error: Exception) -> str:
    text = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split())[:200] or type(error).__name__


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fetch(**json.loads(sys.argv[1]))))
