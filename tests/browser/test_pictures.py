"""Takes the pictures of the README, from a stack of its own with realistic clients."""

import time
from datetime import UTC, datetime, timedelta

from conftest import SCREENSHOTS, Visitor, started
from playwright.sync_api import expect

from screens import settle

CLIENTS = [
    ("settlement", "Nightly settlement", "production", {"banking": "change", "reporting": "view"}, "Runs at 02:00 UTC on the batch cluster. Ask Nia first."),
    ("treasury", "Treasury dashboard", "production", {"banking": "view"}, "Read only; owned by Finance."),
    ("fraud", "Fraud alerts", "production", {"banking": "administer"}, ""),
    ("playground", "Playground", "sandbox", {"banking": "change", "reporting": "change"}, "For everybody's experiments."),
    ("portal", "Partner portal", "sandbox", {"reporting": "view"}, "Off until the relaunch."),
]


def test_the_pictures_of_the_readme_are_taken(browser, tmp_path):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with started(tmp_path) as stack:
        owner = Visitor(browser, stack, stack.people["owner"], viewport={"width": 1280, "height": 800})
        page = owner.sign_in()
        ends = datetime.now(UTC) + timedelta(seconds=3)
        owner.create("batch", name="Old batch", expires_at=ends.isoformat(timespec="seconds").replace("+00:00", "Z"))
        made = {}
        for key, name, environment, grants, notes in CLIENTS:
            fields = {"name": name, "environment": environment, "grants": grants, "notes": notes}
            made[key] = owner.create(key, **fields, enabled=key != "portal")
        for key in ("settlement", "treasury", "fraud"):
            form = {"grant_type": "client_credentials", "client_id": made[key]["client_id"], "client_secret": made[key]["secret"]["secret"]}
            assert owner.context.request.post(stack.ready["token_endpoint"], form=form).status == 200
        path = f"/v1/clients/{made['settlement']['client_id']}"
        added = owner.call("POST", f"{path}/secrets", {"label": "blue cluster"})
        assert added.status == 201, added.text()
        time.sleep(max(0, (ends - datetime.now(UTC)).total_seconds() + 1))

        def picture(name: str, scheme: str, width: int = 1280, height: int = 800) -> None:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            settle(page)
            page.screenshot(path=SCREENSHOTS / f"readme-{name}.png")

        page.reload()
        expect(page.get_by_role("row").filter(has_text="Old batch")).to_be_visible()
        picture("clients", "light")
        picture("clients-narrow", "dark", 390, 800)
        owner.open(f"#/clients/{made['settlement']['client_id']}")
        expect(page.get_by_role("heading", name="Activity")).to_be_visible()
        picture("client", "dark")
        page.get_by_role("button", name="Regenerate").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Regenerate").click()
        expect(page.get_by_role("button", name="I have stored it")).to_be_visible()
        picture("secret", "light")
        page.get_by_role("button", name="I have stored it").click()
        owner.close()
    assert len(list(SCREENSHOTS.glob("readme-*.png"))) == 4
