"""A headless Chromium that tests drive over its DevTools protocol, with the standard library alone.

In: the path of a Chromium and a new folder for its profile. Out: a Browser that opens a page, presses keys,
evaluates JavaScript, and keeps every event it was told: requests, exceptions, console and log entries.
"""

import base64
import json
import os
import select
import socket
import struct
import subprocess
import time
import urllib.request
from pathlib import Path

SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", "--disable-dev-shm-usage"),
)
LIMIT_S = 60.0
KEYS = {" ": ("Space", 32), "ArrowLeft": ("ArrowLeft", 37), "ArrowRight": ("ArrowRight", 39)}
KEYS |= {digit: (f"Digit{digit}", 48 + int(digit)) for digit in "123456789"}


class WebSocket:
    """The client's side of RFC 6455, for text messages."""

    def __init__(self, url: str):
        host, path = url.removeprefix("ws://").split("/", 1)
        name, port = host.split(":")
        self._socket = socket.create_connection((name, int(port)), timeout=LIMIT_S)
        self._got = bytearray()
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._got:
            self._fill()
        answer, _, self._got = self._got.partition(b"\r\n\r\n")
        if b" 101 " not in answer.splitlines()[0]:
            raise ConnectionError(f"no websocket: {answer!r}")

    def send(self, text: str) -> None:
        """One masked text frame."""
        data, mask = text.encode(), os.urandom(4)
        length = len(data)
        head = bytes((0x81, 0x80 | length)) if length < 126 else struct.pack("!BBQ", 0x81, 0xFF, length)
        if 126 <= length < 1 << 16:
            head = struct.pack("!BBH", 0x81, 0xFE, length)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self._socket.sendall(head + mask + masked)

    def receive(self, timeout_s: float) -> str | None:
        """The next message, of however many frames; None where none begins within the time."""
        if not self._got and not select.select([self._socket], [], [], max(timeout_s, 0.0))[0]:
            return None
        parts, is_last = [], False
        while not is_last:
            first, length = self._take(2)
            if length >= 126:
                length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
            parts.append(self._take(length))
            is_last = bool(first & 0x80)
        return b"".join(parts).decode()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _take(self, count: int) -> bytes:
        while len(self._got) < count:
            self._fill()
        taken = bytes(self._got[:count])
        del self._got[:count]
        return taken

    def _fill(self) -> None:
        more = self._socket.recv(1 << 20)
        if not more:
            raise ConnectionError("the browser closed the connection")
        self._got += more


class Browser:
    """A Chromium with one page. `events` are (method, parameters) as they came."""

    def __init__(self, program: str, profile: Path):
        self.events: list[tuple[str, dict]] = []
        self._count = 0
        command = [program, *SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._socket = WebSocket(self._page_url(profile / "DevToolsActivePort"))
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(f"{domain}.enable")
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_) -> None:
        try:
            self.call("Browser.close")  # so it tidies up its temporary files
            self._process.wait(5.0)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            pass
        self._socket.close()
        self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _page_url(self, port_file: Path) -> str:
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if port_file.exists() and len(lines := port_file.read_text().split()) == 2:
                listing = f"http://127.0.0.1:{lines[0]}/json/list"
                with urllib.request.urlopen(listing, timeout=LIMIT_S) as answer:
                    pages = [page for page in json.load(answer) if page["type"] == "page"]
                if pages:
                    return pages[0]["webSocketDebuggerUrl"]
            time.sleep(0.05)
        raise ConnectionError("Chromium did not start")

    def call(self, method: str, **parameters) -> dict:
        """The result of a protocol's method."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            message = self._next(deadline - time.monotonic())
            if message and message.get("id") == self._count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
        raise TimeoutError(method)

    def _next(self, timeout_s: float) -> dict | None:
        text = self._socket.receive(timeout_s)
        if text is None:
            return None
        message = json.loads(text)
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message

    def listen(self, seconds: float) -> None:
        """Keep the events of the next `seconds`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._next(left)

    def open(self, url: str) -> None:
        """Load a page and wait until it is loaded."""
        before = len(self.events)
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            if any(method == "Page.loadEventFired" for method, _ in self.events[before:]):
                return
            self._next(0.2)
        raise TimeoutError(f"{url} was not loaded")

    def evaluate(self, expression: str):
        """The JSON value of a JavaScript expression; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, as a keyboard does."""
        code, number = KEYS[key]
        pressed = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **pressed, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def click(self, selector: str) -> None:
        """Click in the middle of an element, as a mouse does."""
        where = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{where}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        middle = "(r => [r.x + r.width / 2, r.y + r.height / 2])"
        box = self.evaluate(f"{middle}({where}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def requests(self) -> list[str]:
        """The address of every request."""
        kind = "Network.requestWillBeSent"
        return [event["request"]["url"] for method, event in self.events if method == kind]

    def complaints(self) -> list[str]:
        """Exceptions, and what the console and the log hold at the level of a warning or an error."""
        found = []
        for method, event in self.events:
            if method == "Runtime.exceptionThrown":
                found.append(event["exceptionDetails"]["text"])
            if method == "Log.entryAdded" and event["entry"]["level"] in ("warning", "error"):
                found.append(event["entry"]["text"])
            if method == "Runtime.consoleAPICalled" and event["type"] in ("warning", "error", "assert"):
                found.append(str(event["args"]))
        return found
