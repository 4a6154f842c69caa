"""Clients and their secrets."""

import re
import time
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from screens import look, settle

HOSTILE = '<img src=x onerror="document.title=1"> \u05d0\u05d1\u05d2 \U0001F680'
NOTES = 'first line\n<script>document.title = 2</script>\n\u0645\u0631\u062d\u0628\u0627 "quoted" \U0001F9D1'


def test_the_table_lists_and_searches_clients(visit):
    owner = visit("owner")
    page = owner.open("#/clients")
    rows = page.get_by_role("table", name="API clients").get_by_role("row")
    expect(rows.filter(has_text="wallet-acme-reporting")).to_contain_text("banking: view")
    expect(rows.filter(has_text="wallet-acme-legacy-import")).to_contain_text("3 days left")
    page.get_by_label("Search").fill("legacy")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"#/clients\?q=legacy"))
    page.get_by_label("Search").fill("nothing fits this")
    expect(page.get_by_role("heading", name="No clients found")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("button", name="Client", exact=True).click()
    expect(page.get_by_role("columnheader", name="Client")).to_have_attribute("aria-sort", "descending")
    endpoint = owner.stack.ready["token_endpoint"]
    expect(page.get_by_role("group", name="token endpoint")).to_have_text(endpoint)
    page.get_by_role("button", name="Copy curl command").click()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"grant_type=client_credentials {endpoint}")
    look(page, "clients")


def test_a_client_is_created_and_its_secret_gets_a_token_until_it_is_disabled(visit, token):
    owner = visit("owner")
    page = owner.open("#/clients")
    page.get_by_role("link", name="Create client").click()
    expect(page.get_by_role("heading", name="Create client")).to_be_visible()
    page.get_by_label("Name").fill("Nightly Batch")
    expect(page.locator("[data-preview]")).to_have_text("wallet-acme-nightly-batch")
    page.get_by_label("Key").fill("nightly")
    expect(page.locator("[data-preview]")).to_have_text("wallet-acme-nightly")
    in_a_year = page.get_by_label("Expires at the end of").input_value()
    assert abs((datetime.fromisoformat(in_a_year) - datetime.now()).days - 365) <= 2
    page.get_by_label("Notes").fill("Runs at two.")
    page.get_by_label("Banking: administer").check()
    for implied in ("Banking: view", "Banking: change"):
        expect(page.get_by_label(implied)).to_be_checked()
        expect(page.get_by_label(implied)).to_be_disabled()
    page.get_by_label("Banking: administer").uncheck()
    expect(page.get_by_label("Banking: change")).to_be_checked()
    look(page, "new-client")
    page.get_by_role("button", name="Create client").click()
    dialog = page.get_by_role("dialog", name="Client created")
    expect(dialog).to_be_visible()
    look(page, "secret")
    dialog.get_by_role("button", name="Copy secret").click()
    secret = page.evaluate("navigator.clipboard.readText()")
    assert secret.startswith("cs_")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download as .env").click()
    assert download.value.suggested_filename == "wallet-acme-nightly.env"
    assert f"CLIENT_SECRET={secret}\n" in download.value.path().read_text()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_role("heading", name="Nightly Batch")).to_be_visible()
    assert secret not in page.content()
    status, answer = token("wallet-acme-nightly", secret)
    assert (status, answer["scope"]) == (200, "banking/read banking/write")
    settle(page)
    look(page, "client")
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    assert token("wallet-acme-nightly", secret)[0] == 401


def test_a_secret_is_regenerated_deactivated_deleted_and_restored(visit, token):
    owner = visit("owner")
    made = owner.create("rotated", grants={"banking": "view"})
    client_id, old = made["client_id"], made["secret"]["secret"]
    page = owner.open(f"#/clients/{client_id}")
    page.get_by_role("button", name="Regenerate").click()
    dialog = page.get_by_role("dialog", name="Regenerate secret")
    dialog.get_by_label("Overlap").select_option("3600")
    expect(dialog).to_contain_text("The old secret stops working in 1 hour")
    dialog.get_by_role("button", name="Regenerate").click()
    shown = page.get_by_role("dialog", name="Secret regenerated")
    new = shown.get_by_role("group", name="secret", exact=True).inner_text()
    shown.get_by_role("button", name="I have stored it").click()
    assert token(client_id, old)[0] == token(client_id, new)[0] == 200
    rows = page.get_by_role("table", name="Secrets", exact=True).get_by_role("row")
    expect(rows).to_have_count(3)
    successor = rows.filter(has_not_text="replaced by").nth(1)
    successor.get_by_role("button", name="Deactivate").click()
    sure = page.get_by_role("alertdialog", name="Deactivate the last secret")
    expect(sure).to_contain_text("This is the last working secret of Rotated.")
    sure.get_by_role("button", name="Deactivate the last secret").click()
    expect(successor).to_contain_text("deactivated")
    assert token(client_id, new)[0] == 401
    successor.get_by_role("button", name="Reactivate").click()
    expect(successor.get_by_role("button", name="Deactivate")).to_be_visible()
    assert token(client_id, new)[0] == 200
    replaced = rows.filter(has_text="replaced by")
    replaced.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(rows.filter(has_text="replaced by")).to_have_count(0)
    assert token(client_id, old)[0] == 401
    page.get_by_text("1 deleted, can be restored").click()
    page.get_by_role("button", name="Restore").click()
    expect(rows.filter(has_text="replaced by")).to_have_count(1)
    assert token(client_id, old)[0] == 200


def test_a_revealed_secret_is_hidden_again_after_ten_seconds(visit):
    owner = visit("owner").expects(401)
    owner.call("PATCH", "/v1/organizations/acme", {"settings": {"custody": "revealable"}})
    made = owner.create("revealed")
    page = owner.open(f"#/clients/{made['client_id']}")
    # as if the last one-time password were long ago: the API's own answer, once
    refusal = {
        "type": f"{owner.stack.issuer}/docs/errors#insufficient-user-authentication",
        "title": "One-time password required",
        "status": 401,
        "detail": "x",
    }
    page.route("**/reveal", lambda route: route.fulfill(status=401, content_type="application/problem+json", json=refusal), times=1)
    page.get_by_role("button", name="Reveal").click()
    dialog = page.get_by_role("dialog", name="Reveal secret")
    dialog.get_by_role("button", name="Reveal").click()
    step_up = page.get_by_role("dialog", name="Enter a one-time password")
    expect(step_up.get_by_label("One-time password")).to_be_focused()
    step_up.get_by_label("One-time password").fill("000 000")
    step_up.get_by_role("button", name="Continue").click()
    expect(step_up.get_by_text("The one-time password is wrong")).to_be_visible()
    expect(step_up.get_by_label("One-time password")).to_be_focused()
    look(page, "step-up")
    step_up.get_by_label("One-time password").fill(owner.person.code())
    step_up.get_by_role("button", name="Continue").click()
    shown = dialog.get_by_role("group", name="secret", exact=True)
    expect(shown).to_have_text(made["secret"]["secret"])
    began = time.monotonic()
    expect(dialog.get_by_role("timer")).to_contain_text("Hidden again in")
    expect(shown).to_be_hidden(timeout=12_000)
    assert 8 < time.monotonic() - began < 12
    assert made["secret"]["secret"] not in page.content()
    dialog.get_by_role("button", name="Close").first.click()
    page.get_by_role("button", name="Add secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("dialog", name="Secret created")).to_contain_text("You can reveal it again")
    page.get_by_role("button", name="I have stored it").click()
    owner.call("PATCH", "/v1/organizations/acme", {"settings": {"custody": "once"}})


def test_an_expired_client_is_grey_with_a_warning(visit):
    owner = visit("owner")
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat(timespec="seconds").replace("+00:00", "Z")
    owner.create("bygone", expires_at=soon)
    time.sleep(4)
    page = owner.open("#/clients?status=expired")
    row = page.get_by_role("row").filter(has_text="wallet-acme-bygone")
    expect(row).to_have_class("ended")
    expect(row.get_by_role("cell", name="expired").first).to_be_visible()
    expect(row.locator("svg").first).to_be_visible()
    look(page, "clients-expired")


def test_input_of_people_is_always_shown_as_text(visit):
    owner = visit("owner")
    made = owner.create("hostile", notes=NOTES)
    assert owner.call("PATCH", f"/v1/clients/{made['client_id']}", {"name": HOSTILE}).status == 200
    page = owner.open("#/clients?q=hostile")
    expect(page.get_by_role("row").filter(has_text="wallet-acme-hostile")).to_contain_text(HOSTILE)
    page.get_by_role("link", name=HOSTILE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(page.locator("dd.pre bdi")).to_have_text(NOTES, use_inner_text=True)
    page.get_by_role("button", name="Delete", exact=True).first.click()
    expect(page.get_by_role("alertdialog")).to_contain_text("cannot be undone")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Name")).to_have_value(HOSTILE)
    assert page.locator("img, script:not([src])").count() == 0
    assert page.title() == f"Edit {HOSTILE} · Countersign"
    look(page, "edit-client")


def test_a_client_is_deleted_by_typing_its_key(visit):
    owner = visit("owner")
    made = owner.create("unwanted")
    page = owner.open(f"#/clients/{made['client_id']}")
    page.locator(".head").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("alertdialog", name="Delete client")
    dialog.get_by_role("textbox").fill("unwante")
    dialog.get_by_role("button", name="Delete permanently").click()
    expect(dialog).to_contain_text("Type unwanted to confirm")
    look(page, "delete-client")
    dialog.get_by_role("textbox").fill("unwanted")
    dialog.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("heading", name="API clients")).to_be_visible()
    expect(page.get_by_text("wallet-acme-unwanted")).to_have_count(0)


def test_a_viewer_sees_no_button_that_would_be_refused(visit):
    viewer = visit("viewer")
    page = viewer.open("#/clients")
    expect(page.get_by_role("row").filter(has_text="wallet-acme-reporting")).to_be_visible()
    expect(page.get_by_role("link", name="Create client")).to_have_count(0)
    for hidden in ("Administrators", "Audit trail", "Organizations"):
        expect(page.get_by_role("navigation", name="Screens").get_by_role("link", name=hidden)).to_have_count(0)
    page.get_by_role("link", name="Reporting", exact=True).click()
    expect(page.get_by_role("heading", name="Secrets", exact=True)).to_be_visible()
    settle(page)
    for action in ("Edit", "Disable", "Delete", "Add secret", "Regenerate", "Reveal", "Deactivate"):
        expect(page.get_by_role("button", name=action)).to_have_count(0)
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    look(page, "client-viewer")
    page = viewer.open("#/audit")
    expect(page.get_by_role("alert")).to_contain_text("audit:read")
    page = viewer.open("#/settings")
    expect(page.get_by_text("To change them, you need the privilege")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_an_error_of_the_api_is_shown_beside_its_field(visit):
    owner = visit("owner").expects(422, 409)
    page = owner.open("#/clients/new")
    page.get_by_label("Name").fill("x")
    page.get_by_label("Key").fill("Not A Key")
    page.get_by_role("button", name="Create client").click()
    key = page.get_by_label("Key")
    expect(key).to_have_attribute("aria-invalid", "true")
    described = key.get_attribute("aria-describedby").split()
    assert any(page.locator(f"[id='{one}']").inner_text().strip() for one in described if one.endswith("wrong"))
    look(page, "new-client-refused")
    expect(key).to_be_focused()
    key.fill("reporting")
    expect(key).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_role("alert")).to_contain_text("wallet-acme-reporting is taken")


def test_a_client_never_expires_only_where_that_is_chosen(visit):
    owner = visit("owner")
    page = owner.open("#/clients/new")
    page.get_by_label("Name").fill("2 Schlüssel für Ångström & Söhne")
    expect(page.get_by_label("Key")).to_have_value("schluessel-fuer-angstroem-soeh")
    end = page.get_by_label("Expires at the end of")
    end.fill("")
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_text("Choose a date, or select Never expires")).to_be_visible()
    expect(end).to_be_focused()
    page.get_by_label("Never expires").check()
    page.get_by_role("button", name="Create client").click()
    page.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 Schlüssel für Ångström & Söhne")


def test_a_conflicting_change_is_shown_and_not_overwritten_silently(visit):
    owner = visit("owner").expects(412)
    made = owner.create("contended")
    page = owner.open(f"#/clients/{made['client_id']}/edit")
    page.get_by_label("Notes").fill("mine")
    owner.call("PATCH", f"/v1/clients/{made['client_id']}", {"notes": "theirs", "name": "Renamed"})
    expect(page.get_by_label("Enabled")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Someone else changed this client while you were editing")
    expect(page.get_by_role("alert")).to_contain_text("They changed: name, notes. ")
    expect(page.get_by_text("Their value: theirs")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Renamed")
    look(page, "edit-conflict")
    expect(page.get_by_label("Notes")).to_have_value("mine")
    assert owner.call("GET", f"/v1/clients/{made['client_id']}").json()["notes"] == "theirs"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Renamed")
    assert owner.call("GET", f"/v1/clients/{made['client_id']}").json()["notes"] == "mine"
