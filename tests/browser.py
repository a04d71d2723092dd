"""A real browser for tests and pictures: headless Chromium, driven through chromedriver by the W3C WebDriver protocol.

Debian's packages ``chromium`` and ``chromium-driver`` are enough; without them `missing` says so.
"""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
)
SECONDS = 300.0
"""A page that takes longer hangs; nothing is measured with this."""


def missing() -> str:
    """Why there can be no browser; empty if there can."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not installed (Debian: chromium, chromium-driver)" if absent else ""


class Browser:
    """One window."""

    def __init__(self, address: str, session: str) -> None:
        self._base = f"{address}/session/{session}"

    def open(self, url: str) -> None:
        """Go to a page and wait until it has loaded; what its scripts fetch then may come later."""
        _ask("POST", f"{self._base}/url", {"url": "about:blank"})  # a URL that differs in its fragment is no new page
        _ask("POST", f"{self._base}/url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        """Run JavaScript as the body of a function; gives what it returns."""
        return _ask("POST", f"{self._base}/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition: str, *arguments: object) -> Any:
        """Wait until a JavaScript expression is true; gives its value. On failure says what the page shows."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if value := self.run(f"return ({condition})", *arguments):
                return value
            time.sleep(0.2)
        raise AssertionError(f"never came true: {condition} {arguments}\n{self.text()}")

    def wait_for_text(self, *texts: str) -> None:
        """Wait until the page shows every one of these texts."""
        for text in texts:
            self.wait("document.body.innerText.includes(arguments[0])", text)

    def text(self) -> str:
        """What the page shows."""
        return str(self.run("return document.body.innerText"))

    def size(self, width: int, height: int) -> None:
        """Set the size of the window in pixels."""
        _ask("POST", f"{self._base}/window/rect", {"width": width, "height": height})

    def emulate(self, width: int, scheme: str = "light", media: str = "screen") -> None:
        """Be a screen of that many pixels whose owner prefers light or dark; or paper (``media`` print)."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self._command("Emulation.setDeviceMetricsOverride", metrics)
        self._command(
            "Emulation.setEmulatedMedia",
            {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )

    def _command(self, name: str, parameters: dict[str, object]) -> None:
        """A command of Chromium's DevTools protocol."""
        _ask("POST", f"{self._base}/goog/cdp/execute", {"cmd": name, "params": parameters})

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as a PNG."""
        path.write_bytes(base64.b64decode(_ask("GET", f"{self._base}/screenshot")))


@contextmanager
def browser(width: int = 1400, height: int = 900) -> Iterator[Browser]:
    """A browser with a profile of its own, ended with the context."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        address = f"http://127.0.0.1:{port}"
        session = None
        try:
            _wait_until_ready(address)
            flags = [*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]
            options = {"binary": shutil.which("chromium"), "args": flags}
            patient = {"script": int(1000 * SECONDS), "pageLoad": int(1000 * SECONDS)}
            wanted = {
                "capabilities": {
                    "alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options, "timeouts": patient}
                }
            }
            session = _ask("POST", f"{address}/session", wanted)["sessionId"]
            yield Browser(address, session)
        finally:
            if session is not None:
                _ask("DELETE", f"{address}/session/{session}")
            driver.terminate()
            driver.wait()


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            if _ask("GET", f"{address}/status")["ready"]:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("chromedriver does not answer")


def _ask(method: str, url: str, body: object = None) -> Any:
    request = Request(url, None if body is None else json.dumps(body).encode(), {"content-type": "application/json"})
    request.method = method
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return json.loads(answer.read())["value"]
    except HTTPError as error:
        raise AssertionError(error.read().decode()) from error
