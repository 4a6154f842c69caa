"""Signing in and out, and what happens when a session ends."""

import re

from playwright.sync_api import expect

from screens import look, settle

FIRST_LOAD_BYTES = 100_000
FIRST_LOAD_REQUESTS = 17


class Wire:
    """What a page loads, as it comes over the wire."""

    def __init__(self, page):
        self.urls: list[str] = []
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _asked(self, event) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.urls.append(event["request"]["url"])

    def _came(self, event) -> None:
        self.bytes += event["encodedDataLength"]

    def is_small(self, issuer: str) -> None:
        assert 5 < len(self.urls) < FIRST_LOAD_REQUESTS and 10_000 < self.bytes < FIRST_LOAD_BYTES, (self.bytes, self.urls)
        assert all(url.startswith(issuer) for url in self.urls), self.urls
        print(f"{len(self.urls)} requests, {self.bytes} bytes")


def test_the_first_load_is_small_and_a_one_time_password_signs_in(visit, stack):
    stranger = visit(None).expects(401)
    wire = Wire(stranger.page)
    page = stranger.open()
    expect(page.get_by_label("E-mail")).to_be_focused()
    wire.is_small(stack.issuer)
    look(page, "sign-in")
    person = stack.people["administrator"]
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_label("One-time password").fill("123456")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Sign-in failed")
    expect(page.get_by_label("E-mail")).to_have_value(person.email)
    look(page, "sign-in-refused")
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_label("One-time password").fill(person.code())
    page.keyboard.press("Enter")
    row = page.get_by_role("row").filter(has_text="wallet-acme-reporting")
    expect(row).to_be_visible()
    settle(page)
    # again, signed in: the whole way to the table
    wire.urls.clear()
    wire.bytes = 0
    page.reload()
    expect(row).to_be_visible()
    wire.is_small(stack.issuer)
    settle(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    assert page.request.get(f"{stack.issuer}/v1/session").status == 401


def test_the_page_and_its_files_have_strict_headers(visit, stack):
    stranger = visit(None)
    page = stranger.context.request.get(stack.console)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy.replace("https:", "")
    assert page.headers["cache-control"] == "no-cache"
    again = stranger.context.request.get(stack.console, headers={"if-none-match": page.headers["etag"]})
    assert again.status == 304
    path = next(text for text in page.text().split('"') if text.endswith("/app.js"))
    file = stranger.context.request.get(f"{stack.issuer}{path}", headers={"accept-encoding": "gzip"})
    assert file.headers["content-encoding"] == "gzip" and "immutable" in file.headers["cache-control"]
    assert file.headers["x-content-type-options"] == "nosniff"
    missing = stranger.context.request.get(f"{stack.issuer}{path.replace('app.js', 'nothing.js')}")
    old = stranger.context.request.get(f"{stack.issuer}/console/0000000000000000/app.js")
    assert missing.status == old.status == 404


def test_a_session_that_ends_during_an_edit_loses_no_input(visit):
    owner = visit("credential_manager", fresh=True).expects(401)
    page = owner.open("#/clients/wallet-acme-reporting")
    page.get_by_role("button", name="Add secret").click()
    dialog = page.get_by_role("dialog", name="Add secret")
    dialog.get_by_label("Label").fill("typed with care")
    # the session ends elsewhere
    assert owner.call("DELETE", "/v1/session").status == 204
    dialog.get_by_role("button", name="Add", exact=True).click()
    again = page.get_by_role("dialog", name="Your session has ended")
    expect(again.get_by_label("E-mail")).to_have_value(owner.person.email)
    expect(again.get_by_label("Password", exact=True)).to_be_focused()
    look(page, "session-ended")
    again.get_by_role("button", name="Not now").click()
    expect(dialog.get_by_label("Label")).to_have_value("typed with care")
    dialog.get_by_role("button", name="Add", exact=True).click()
    again.get_by_label("Password", exact=True).fill(owner.person.password)
    again.get_by_label("One-time password").fill(owner.person.code())
    again.get_by_role("button", name="Sign in").click()
    made = page.get_by_role("dialog", name="Secret created")
    expect(made).to_be_visible()
    made.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_role("row").filter(has_text="typed with care")).to_be_visible()


def test_the_keyboard_reaches_everything(visit):
    owner = visit("owner")
    page = owner.page
    settle(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Create client")).to_be_focused()
    owner.open("#/clients/wallet-acme-reporting")
    add = page.get_by_role("button", name="Add secret")
    add.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Label")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(add).to_be_focused()


def test_leaving_a_form_with_unsaved_input_asks_first(visit):
    owner = visit("owner")
    page = owner.open("#/clients/new")
    page.get_by_label("Name").fill("half done")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Name")).to_have_value("half done")
    assert asked == ["You have unsaved changes. Leave anyway?"]
    expect(page).to_have_url(re.compile("#/clients/new$"))
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="API clients")).to_be_visible()
