"""A built site served to this machine alone, for a look at it."""

from __future__ import annotations

import functools
import http.server
from pathlib import Path

import configs


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Leave the terminal to what was built."""


def server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server of a folder, which listens and does not answer yet.

    Args:
        folder: of a built site.
        port: at which; 0 for a free one.

    Raises:
        ConfigError: the port is taken, or not this user's to take.
    """
    handler = functools.partial(_Quiet, directory=str(folder))
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise configs.ConfigError(
            f"--serve {port} cannot be had ({error.strerror}); choose another port"
        ) from error


def serve(folder: Path, port: int) -> None:
    """Serve a folder until the command is interrupted."""
    with server(folder, port) as running:
        print(f"http://127.0.0.1:{running.server_port}/  (Ctrl-C ends it)", flush=True)
        running.serve_forever()
