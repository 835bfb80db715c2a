"""A real headless Chromium that says what a page does: scripts that run, dialogs, and requests for anything.

It can be used like a reader's, too: `open` an address, `wait_for` an element, `click` it, read its `texts`.

It is driven over the two pipes of `--remote-debugging-pipe` (messages are JSON with a zero byte at the end), so it
needs no port and no driver.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")


def path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One Chromium, all of whose pages are watched. Use it in a `with`.

    It finds no host by name, and none by number but those in `hosts`. Its HOME is `folder`.
    """

    def __init__(self, folder: Path, hosts: str = ""):
        to_it, ours = os.pipe()
        from_it, its = os.pipe()
        self._in, self._out, self._left, self._last = ours, from_it, b"", 0
        self.events: list[dict] = []

        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-pipe",
            f"--host-resolver-rules=MAP * ~NOTFOUND{f', EXCLUDE {hosts}' if hosts else ''}",
            "--window-size=1400,1000",
            f"--user-data-dir={folder}",
        ]
        # Chromium reads its orders from file 3 and answers to file 4.
        moved = f'exec "$@" 3<&{to_it} 4>&{its}'
        self._process = subprocess.Popen(
            ["bash", "-c", moved, "bash", path(), *options],
            pass_fds=(to_it, its),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_it)
        os.close(its)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Debugger", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, **values) -> dict:
        self._last += 1
        session = {"sessionId": self._session} if hasattr(self, "_session") else {}
        os.write(
            self._in, json.dumps({"id": self._last, "method": method, "params": values} | session).encode() + b"\0"
        )
        return self._until(lambda message: message.get("id") == self._last)["result"]

    def _until(self, is_it, seconds: float = 180) -> dict:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            while b"\0" in self._left:
                text, _, self._left = self._left.partition(b"\0")
                message = json.loads(text)
                if "method" in message:
                    self.events.append(message)
                if message.get("method") == "Page.javascriptDialogOpening":
                    # Unanswered, it would hold the page; the answer comes back among the messages.
                    answer = {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
                    os.write(self._in, json.dumps(answer | {"sessionId": self._session}).encode() + b"\0")
                if is_it(message):
                    return message
            if select.select([self._out], [], [], 0.2)[0]:
                self._left += os.read(self._out, 1 << 20)
        raise TimeoutError("Chromium did not answer")

    def visit(self, page: Path, wait: float = 0.3) -> dict[str, list[str]]:
        """Load a page, wait until it is still, and say what it did: `scripts`, `dialogs` and `requests` but its own."""
        self.events = []
        url = page.resolve().as_uri()
        self.call("Page.navigate", url=url)
        self._until(lambda message: message.get("method") == "Page.loadEventFired")
        time.sleep(wait)
        self.call("Page.getFrameTree")  # what happened before it has been told by then
        told = [(event["method"], event["params"]) for event in self.events]
        asked = [params["request"]["url"] for method, params in told if method == "Network.requestWillBeSent"]
        return {
            "scripts": [params.get("url", "") for method, params in told if method == "Debugger.scriptParsed"],
            "dialogs": [params["message"] for method, params in told if method == "Page.javascriptDialogOpening"],
            "requests": [address for address in asked if address != url and not address.startswith("data:")],
        }

    def open(self, url: str) -> None:
        """Go to an address, and no further than its first answer: what comes then is waited for by what one sees."""
        self.call("Page.navigate", url=url)

    def evaluate(self, script: str):
        """The value of a JavaScript expression in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", "JavaScript failed"))
        return found["result"].get("value")

    def texts(self, selector: str) -> list[str]:
        """The text of each element that is there."""
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.innerText)")

    def wait_for(self, script: str, seconds: float = 180) -> None:
        """Until a JavaScript expression holds."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({script})"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {seconds} s it still does not hold: {script}")
            time.sleep(0.3)

    def click(self, selector: str, text: str = "", seconds: float = 120) -> None:
        """A real click of the mouse in the middle of the first element that a reader sees, with this text in it."""
        find = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find(each => each.offsetParent && each.innerText.includes({json.dumps(text)}))"
        )
        self.wait_for(find, seconds)
        box = self.evaluate(f"(box => [box.x + box.width / 2, box.y + box.height / 2])({find}.getBoundingClientRect())")
        place = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **place)

    def screenshot(self, file: Path) -> None:
        """What is seen now, as a PNG."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
