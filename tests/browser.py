"""A browser for tests, or a reason to skip; what its pages ask for and complain of is watched."""

import os
import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_HERE = ("", "localhost", "127.0.0.1")


@contextmanager
def chromium():
    """Return a context whose value is a headless Chromium; skip where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is found, and CHROMIUM is not set")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser, url, **options):
    """Return a context with a page that is open; at its end it must have asked nobody else.

    Args:
        browser: of `chromium`.
        url: a file's or a local server's.
        **options: of the browser's context, such as `color_scheme="dark"`.
    """
    context = browser.new_context(**options)
    outside, wrong = [], []
    context.on("request", lambda request: _left(request.url) and outside.append(request.url))
    context.on("requestfailed", lambda request: wrong.append(f"not loaded: {request.url}"))
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda told: told.type == "error" and wrong.append(told.text))
    try:
        page = context.new_page()
        page.goto(url)
        yield page
        assert outside == [], "requests that leave the page"
        assert wrong == [], "complaints of the page"
    finally:
        context.close()


def _left(url):
    """Whether a request goes to another machine."""
    parts = urlsplit(url)
    return parts.scheme not in ("file", "data", "blob") and parts.hostname not in _HERE
