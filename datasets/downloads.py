"""A quick look at the network before a download.

TFDS retries an unreachable server for several minutes, printing a warning each time; a machine
without a network should learn so at once.
"""

import socket
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from datasets.errors import one_line

PREPARED_COPIES_HOST = ("storage.googleapis.com", 443)
"""TFDS offers prepared copies of many datasets here, whatever their own server does."""

CONNECT_TIMEOUT_SECONDS = 5.0


def unreachable_reason(builder: Any) -> str | None:
    """Return why no server of a builder's data answers, or None when one does or may."""
    if getproxies():
        return None  # servers are reached through a proxy that only the download knows how to use
    addresses = _addresses(builder)
    if not addresses:
        return None
    reasons = []
    for host, port in [*addresses[:2], PREPARED_COPIES_HOST]:
        try:
            socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_SECONDS).close()
        except OSError as error:
            reasons.append(f"no connection to {host}: {one_line(error)}")
        else:
            return None
    return reasons[0]


def _addresses(builder: Any) -> list[tuple[str, int]]:
    """Return the distinct (host, port) of the builder's recorded URLs, in their order."""
    found: dict[tuple[str, int], None] = {}
    for url in getattr(builder, "url_infos", None) or {}:
        parts = urlsplit(url)
        default_port = {"http": 80, "https": 443, "ftp": 21}.get(parts.scheme)
        if parts.hostname and default_port:
            found[parts.hostname, parts.port or default_port] = None
    return list(found)
