"""A headless Chromium, driven through the pipe of its DevTools protocol, without any package."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_PATIENCE_S = 60.0


def executable() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page, and everything that its console said."""

    def __init__(self, send_to: int, receive_from: int) -> None:
        self._to, self._from = send_to, receive_from
        self._number = 0
        self._rest = b""
        self._session = ""
        self.errors: list[str] = []
        self.requests: list[str] = []

    def attach(self) -> None:
        """Open an empty page and listen to it."""
        target = self.command("Target.createTarget", {"url": "about:blank"})["targetId"]
        asked = {"targetId": target, "flatten": True}
        self._session = self.command("Target.attachToTarget", asked)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")

    def command(self, method: str, values: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - what the browser answers
        """Send a command and return its answer."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": values or {}}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        own = self._number
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            found = self._next(until)
            if found.get("id") == own:
                assert "error" not in found, (method, found)
                return found["result"]
            self._note(found)
        raise TimeoutError(method)

    def open(self, path: Path, fragment: str = "") -> float:
        """Open a file and return after how many seconds it had loaded, with images and scripts."""
        begin = time.monotonic()
        self.command("Page.navigate", {"url": path.resolve().as_uri() + fragment})
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")
        return time.monotonic() - begin

    def value(self, script: str) -> Any:  # noqa: ANN401 - what the page answers
        """Return what an expression of JavaScript gives, awaited."""
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        found = self.command("Runtime.evaluate", asked)
        assert "exceptionDetails" not in found, (script, found["exceptionDetails"])
        return found["result"].get("value")

    def wait(self, script: str) -> None:
        """Return as soon as an expression is true."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            if self.value(script):
                return
            time.sleep(0.03)
        raise TimeoutError(script)

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Give the page the size of a screen, in CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.command("Emulation.setDeviceMetricsOverride", metrics)

    def media(self, kind: str = "", **features: str) -> None:
        """Show the page on another medium, such as `print`, or with features of one."""
        named = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self.command("Emulation.setEmulatedMedia", {"media": kind, "features": named})

    def press(self, key: str, code: str = "", *, text: str = "") -> None:
        """Press and release a key."""
        own = {"key": key, "code": code or key, "text": text}
        number = {"Enter": 13, " ": 32, "Tab": 9, "ArrowLeft": 37, "ArrowRight": 39}.get(key)
        number = number or ord(key[0].upper())
        own |= {"windowsVirtualKeyCode": number}  # type: ignore[dict-item]  # a number among texts
        self.command("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", **own})
        self.command("Input.dispatchKeyEvent", {"type": "keyUp", **own})

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen, or the whole page, as PNG."""
        asked = {"format": "png", "captureBeyondViewport": whole}
        data = self.command("Page.captureScreenshot", asked)["data"]
        path.write_bytes(base64.b64decode(data))

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            block = os.read(self._from, 1 << 20)
            if not block:
                raise EOFError("the browser has ended")
            self._rest += block
        line, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found

    def _note(self, found: dict[str, Any]) -> None:
        values = found.get("params", {})
        if found.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(values["exceptionDetails"])[:600])
        elif found.get("method") == "Runtime.consoleAPICalled":
            if values["type"] in ("error", "warning", "assert"):
                self.errors.append(json.dumps(values["args"])[:600])
        elif found.get("method") == "Log.entryAdded":
            if values["entry"]["level"] in ("error", "warning"):
                self.errors.append(json.dumps(values["entry"])[:600])
        elif found.get("method") == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    """Start a browser with an empty profile and yield a page of it."""
    program = executable()
    assert program is not None
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def connect() -> None:
        os.dup2(to_read, 3)
        os.dup2(from_write, 4)
        os.set_inheritable(3, True)
        os.set_inheritable(4, True)

    arguments = [program, *_FLAGS, f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        arguments,
        preexec_fn=connect,  # noqa: PLW1509 - the pipes must be 3 and 4
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        tab = Tab(to_write, from_read)
        tab.attach()
        yield tab
    finally:
        process.kill()
        process.wait()
        os.close(to_write)
        os.close(from_read)
