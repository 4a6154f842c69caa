"""The mailbox of the local stack, and the reminder as its reader sees it."""

import re
import time

from playwright.sync_api import expect

from conftest import SCREENSHOTS

FIRST_RUN_SECONDS = 90


def test_the_reminder_of_the_demo_is_readable_and_links_to_the_console(visit, stack):
    visitor = visit("owner")
    page = visitor.page
    mailbox = stack.ready["mailbox"]
    subject = page.get_by_role("link", name=re.compile('Client "Legacy import" expires in 3 days')).first
    until = time.monotonic() + FIRST_RUN_SECONDS
    page.goto(mailbox)
    while subject.count() == 0 and time.monotonic() < until:
        time.sleep(2)
        page.goto(mailbox)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "mailbox-wide-light.png", full_page=True)
    subject.click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name=re.compile("Legacy import"))).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "mailbox-mail-wide-light.png", full_page=True)
    link = frame.get_by_role("link", name="Open the client in the console")
    expect(link).to_have_attribute("href", f"{stack.console}#/clients/wallet-acme-legacy-import")
    # as a mail program shows it: the HTML alone
    html = visitor.context.request.get(f"{page.url}/html").text()
    reader = visitor.context.new_page()
    for name, width in (("wide", 700), ("narrow", 360)):
        reader.set_viewport_size({"width": width, "height": 800})
        reader.set_content(html)
        assert reader.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            reader.emulate_media(color_scheme=scheme)
            reader.screenshot(path=SCREENSHOTS / f"reminder-{name}-{scheme}.png", full_page=True)
    reader.close()
