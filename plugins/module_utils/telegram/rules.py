# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Telegram takes, judged before anything is sent: a setWebhook that is refused leaves no webhook.

No text here repeats a token, a secret, or an address: each may hold what nobody else must see.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import urllib.parse

from ansible_collections.oncall.runbooks.plugins.module_utils.health.http import is_near

API = "https://api.telegram.org"
TOKEN = re.compile(r"[1-9][0-9]{0,16}:[A-Za-z0-9_-]{30,64}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
PORTS = (443, 80, 88, 8443)
CONNECTIONS_DEFAULT = 40
CONNECTIONS_MAX = 100
CERTIFICATE_MAX = 64 * 1024
# What a bot is not sent unless it asks for it by name.
UNASKED = ("chat_member", "message_reaction", "message_reaction_count")
KNOWN = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    *UNASKED,
)
TOKEN_ALLOWED = "what BotFather gives: digits, a colon, then 30 to 64 letters, digits, '-' or '_'"
URL_EXAMPLE = "https://bot.example.org/telegram/webhook"


class Invalid(ValueError):
    """One line: which option, what is wrong with it (never a secret), what is allowed, an example."""


def invalid(path: str, wrong: str, allowed: str, example: str) -> Invalid:
    return Invalid(f"{path}: {wrong}; allowed is {allowed}; for example {example}")


def token(path: str, value: object, example: str) -> str:
    if isinstance(value, str) and TOKEN.fullmatch(value):
        return value
    raise invalid(path, flaw(value, r"[A-Za-z0-9_:-]", "a token"), TOKEN_ALLOWED, example)


def secret(path: str, value: object, example: str) -> str:
    if isinstance(value, str) and SECRET.fullmatch(value):
        return value
    allowed = "1 to 256 letters, digits, '-' or '_'"
    raise invalid(path, flaw(value, r"[A-Za-z0-9_-]", "a secret"), allowed, example)


def flaw(value: object, letters: str, what: str) -> str:
    """What is wrong with a secret, without the secret: its length, and where."""
    if value is None or value == "":
        return "it is missing or empty"
    if not isinstance(value, str):
        return "it is no text"
    for at, letter in enumerate(value, 1):
        if not re.fullmatch(letters, letter):
            return (
                f"malformed: character {at} of {len(value)} is {kind_of(letter)} (value not shown)"
            )
    return f"malformed: {len(value)} characters that are not the form of {what} (value not shown)"


def kind_of(letter: str) -> str:
    if letter in "\r\n":
        return "a line break"
    if letter.isspace():
        return "a space"
    return "one that is never part of it"


def webhook_url(path: str, value: object, local: bool = False) -> str:
    """Where updates are sent to. A Bot API server of one's own may be told to take any address."""
    wrong = url_flaw(value, local)
    if not wrong:
        return str(value)
    allowed = (
        "an address that begins with http:// or https://, without a user or a password"
        if local
        else "an https address of a public name, on port 443, 80, 88 or 8443, without a user or a password"
    )
    raise invalid(path, wrong, allowed, f"url: {URL_EXAMPLE}")


def url_flaw(value: object, local: bool) -> str:
    if not isinstance(value, str) or not value:
        return "it is missing or empty"
    if not re.fullmatch(r"[!-~]{1,2048}", value):
        return "it holds a space or another character that no address has, or is too long"
    try:
        parts = urllib.parse.urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "it is no address"
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        return "it does not begin with https://"
    if "@" in parts.netloc:
        return "it holds a user or a password (value not shown)"
    if parts.fragment or not host:
        return "it is no address of a server" if not host else "it has a fragment (#)"
    if local:
        return ""
    if (443 if port is None else port) not in PORTS:
        return f"its port is {port}"
    return "" if is_public(host) else "it is an address that only its own network reaches"


def is_public(host: str) -> bool:
    name = host.lower().rstrip(".")
    if is_near(name) or name.endswith((".localhost", ".local", ".internal", ".localdomain")):
        return False
    # '127.1' and '0x7f.0.0.1' are addresses, too, for some.
    numeric = re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", name.rpartition(".")[2])
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return not numeric
    return True


def base_url(path: str, value: object) -> str:
    """The Bot API: Telegram's, or a server of one's own. The token is in each request's address."""
    allowed = (
        "an address that begins with https://, or http:// within one's own network, and ends with the "
        "server's name, its port or a path"
    )
    example = f"base_url: {API}"
    if not isinstance(value, str) or not re.fullmatch(r"https?://[!-~]{1,500}", value):
        raise invalid(path, "it is no address of a server", allowed, example)
    try:
        parts = urllib.parse.urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise invalid(path, "it is no address of a server", allowed, example) from None
    if "@" in parts.netloc or parts.query or parts.fragment or not host or port == 0:
        raise invalid(
            path, "it holds more than a server and a path (value not shown)", allowed, example
        )
    if parts.scheme == "http" and not is_near(host):
        raise invalid(
            path, "the token would travel to a public address unencrypted", allowed, example
        )
    return value.rstrip("/")


def ip(path: str, value: object) -> str:
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        raise invalid(
            path, "it is no IP address", "an IPv4 or IPv6 address", f"{last(path)}: 203.0.113.7"
        ) from None


def connections(path: str, value: object, local: bool = False) -> int:
    most = 100_000 if local else CONNECTIONS_MAX
    number = int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,6}", value) else value
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
        raise invalid(
            path,
            "it is no such number",
            f"a whole number from 1 to {most}",
            f"{last(path)}: {CONNECTIONS_DEFAULT}",
        )
    return number


def updates(path: str, value: object) -> tuple[str, ...]:
    """Names of updates. Telegram ignores what it does not know, so a slip would go unnoticed."""
    example = f"{last(path)}: [message, callback_query]"
    if not isinstance(value, (list, tuple)):
        raise invalid(path, "it is no list", "a list of kinds of updates", example)
    for name in value:
        if not isinstance(name, str) or not re.fullmatch(r"[a-z_]{2,60}", name):
            raise invalid(
                path, "it holds what is no name", "names of small letters and '_'", example
            )
        close = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.8)
        if name not in KNOWN and close:
            raise invalid(
                path,
                f"'{name}' is no kind of update; did you mean {close[0]}?",
                ", ".join(KNOWN),
                example,
            )
    return tuple(dict.fromkeys(value))


def certificate(path: str, text: object) -> str:
    """The public part of a self-signed certificate; a private key is never sent anywhere."""
    example = f"{last(path)}: /etc/ssl/bot.pem"
    allowed = "a file with one certificate in PEM"
    if not isinstance(text, str) or len(text) > CERTIFICATE_MAX:
        raise invalid(path, "it is no such file, or too large", allowed, example)
    if "PRIVATE KEY-----" in text:
        raise invalid(
            path, "it holds a private key, which is nobody else's to have", allowed, example
        )
    if not text.lstrip().startswith("-----BEGIN CERTIFICATE-----"):
        raise invalid(path, "it is no certificate in PEM", allowed, example)
    return text


def verified(path: str, value: object) -> None:
    """There is no way around the certificate of who is given the token."""
    if value not in (None, True):
        raise invalid(
            path,
            "got false",
            "true, because the token goes to whoever answers; a server of one's own has its CA in ca_file",
            "ca_file: /etc/ssl/private-ca.pem",
        )


def last(path: str) -> str:
    return path.rpartition(".")[2]
