"""Drives the console in Debian's Chromium against the real local stack.

    pip install -r .ci/requirements.txt
    apt-get install chromium
    cargo build
    python -m pytest tests/browser

Screenshots of every screen go to target/screenshots.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import struct
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SCREENSHOTS = ROOT / "target" / "screenshots"
STEP_SECONDS = 30
# the API asks for another one-time password after five minutes; a test needs some of that time itself
FRESH_SECONDS = 200


def chromium() -> str:
    """The path of the browser; without one, how to get it."""
    for name in (os.environ.get("COUNTERSIGN_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if name and (path := shutil.which(name)):
            return path
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium():
        return
    message = "Chromium is missing. Install it with: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.exit(message, returncode=1)
    for item in items:
        item.add_marker(pytest.mark.skip(reason=message))


@dataclass
class Person:
    """Somebody who can sign in; a one-time password works once, so that the last step is remembered."""

    email: str
    password: str
    totp_secret: str
    last_step: int = 0

    def code(self) -> str:
        """A one-time password that was not used yet."""
        while True:
            now = int(time.time()) // STEP_SECONDS
            # never the step before this one, which may be too old when it arrives
            step = max(self.last_step + 1, now)
            if step <= now + 1:
                break
            time.sleep(1)
        self.last_step = step
        key = base64.b32decode(self.totp_secret)
        digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@dataclass
class Stack:
    """A running local stack, with what its ready line says."""

    process: subprocess.Popen
    ready: dict
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return self.ready["issuer"]

    @property
    def console(self) -> str:
        return self.ready["console"]


@contextmanager
def started(folder: Path):
    """A local stack in memory, for the time of a block."""
    binary = Path(os.environ.get("COUNTERSIGN_BINARY", TARGET / "debug" / "countersign"))
    if not binary.exists():
        pytest.exit(f"{binary} is missing. Make it with: cargo build", returncode=1)
    log = (folder / "log").open("w")
    command = [str(binary), "--ephemeral", "--listen", "127.0.0.1:0", "--ready", "json"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    line = process.stdout.readline()
    if not line:
        pytest.exit(f"the stack did not start: {(folder / 'log').read_text()}", returncode=1)
    ready = json.loads(line)
    people = {
        person["role"]: Person(person["email"], person["password"], person["totp_secret"])
        for person in ready["administrators"]
    }
    try:
        yield Stack(process, ready, people)
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory):
    """The stack that the tests share, each with clients of its own."""
    with started(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="session")
def playwright_instance():
    with sync_playwright() as instance:
        yield instance


@pytest.fixture(scope="session")
def browser(playwright_instance: Playwright):
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = playwright_instance.chromium.launch(executable_path=chromium(), args=arguments)
    yield browser
    browser.close()


class Visitor:
    """A browser of one person. What the browser complains about is kept and looked at when the test ends."""

    def __init__(self, browser: Browser, stack: Stack, person: Person | None, **options):
        self.stack = stack
        self.person = person
        self.complaints: list[str] = []
        self.expected: set[int] = set()
        options.setdefault("viewport", {"width": 1280, "height": 900})
        self.context: BrowserContext = browser.new_context(
            locale="en-GB", timezone_id="Europe/Zurich", reduced_motion="reduce", **options
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.issuer)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("response", self._answered)

    def _said(self, message) -> None:
        text = message.text
        # the browser itself notes each refusal; which ones a test means it says with `expects`
        if message.type in ("error", "warning") and "Failed to load resource" not in text:
            self.complaints.append(f"{message.type}: {text}")

    def _answered(self, response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")

    def expects(self, *statuses: int) -> "Visitor":
        """These refusals are what the test is about."""
        self.expected.update(statuses)
        return self

    def open(self, place: str = "") -> Page:
        """Goes to a screen."""
        url = f"{self.stack.console}{place}"
        if self.page.url == url:
            self.page.reload()
        elif self.page.url.split("#")[0] == self.stack.console:
            self.page.evaluate("place => { location.hash = place }", place)
        else:
            self.page.goto(url)
        return self.page

    def sign_in(self) -> Page:
        """Signs in with password and one-time password, as a person does."""
        page = self.open()
        page.get_by_label("E-mail").fill(self.person.email)
        page.get_by_label("Password", exact=True).fill(self.person.password)
        page.get_by_label("One-time password").fill(self.person.code())
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Screens").or_(page.get_by_role("button", name="Menu")).first.wait_for()
        return page

    def call(self, method: str, path: str, body=None, headers: dict | None = None):
        """Calls the API in this person's session."""
        response = self.context.request.fetch(
            f"{self.stack.issuer}{path}",
            method=method,
            headers={"origin": self.stack.issuer, **(headers or {})},
            data=body,
        )
        return response

    def create(self, key: str, **fields) -> dict:
        """Creates a client over the API."""
        response = self.call("POST", "/v1/clients", {"key": key, "name": key.title(), **fields})
        assert response.status == 201, response.text()
        return response.json()

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def visit(browser: Browser, stack: Stack):
    """Opens browsers: a role signs in once for several tests, and each test has a browser of its own."""
    visitors: list[Visitor] = []

    def begin(role: str | None, fresh: bool = False, **options) -> Visitor:
        person = stack.people[role] if role else None
        signed_in, known = _STATES.get(role, (0.0, None))
        if role and known and not fresh and time.monotonic() - signed_in < FRESH_SECONDS:
            visitor = Visitor(browser, stack, person, storage_state=known, **options)
            visitors.append(visitor)
            visitor.open()
            return visitor
        visitor = Visitor(browser, stack, person, **options)
        visitors.append(visitor)
        if role:
            visitor.sign_in()
            if not fresh:
                _STATES[role] = (time.monotonic(), visitor.context.storage_state())
        return visitor

    yield begin
    for visitor in visitors:
        visitor.close()


# when a role signed in, and what its browser kept of that
_STATES: dict[str, tuple[float, dict]] = {}


def mailed_link(visitor: Visitor, email: str) -> str:
    """The place in the console that the newest mail to an address leads to."""
    mailbox = visitor.stack.ready["mailbox"]
    get = visitor.context.request.get
    found = re.search(rf'href="([^"]*/mailbox/[^"]+)">[^<]*</a><br><span[^>]*>[^<]* to {re.escape(email)}<', get(mailbox).text())
    assert found, f"no mail to {email}"
    mail = get(f"{visitor.stack.issuer}{found[1]}").text()
    return re.search(r"/console/(#/invitation/[\w.~-]+)", mail)[1]


@pytest.fixture
def second(visit, stack: Stack) -> str:
    """Another owner, so that one can ask and one approve; made when first needed."""
    if "second" not in stack.people:
        owner = visit("owner")
        email = "second@acme.example"
        invited = owner.call("POST", "/v1/invitations", {"email": email, "name": "Second Owner", "role": "owner"})
        assert invited.status == 201, invited.text()
        token = mailed_link(owner, email).split("/")[-1]
        stranger = visit(None)
        opened = stranger.call("POST", "/v1/invitation", {"token": token}).json()
        person = Person(email, "several quiet words in a row", opened["authenticator"]["secret"])
        body = {"token": token, "password": person.password, "one_time_password": person.code()}
        accepted = stranger.call("POST", "/v1/invitation/accept", body)
        assert accepted.status == 201, accepted.text()
        stack.people["second"] = person
    return "second"


@pytest.fixture
def token(stack: Stack):
    """Asks for an access token, as a machine does: the status and the answer."""
    import urllib.error
    import urllib.parse
    import urllib.request

    def ask(client_id: str, secret: str) -> tuple[int, dict]:
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        request = urllib.request.Request(
            stack.ready["token_endpoint"],
            data=b"grant_type=client_credentials",
            headers={"authorization": f"Basic {basic}"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    return ask
