"""Resources, settings, the audit trail and organizations."""

import csv
import io
import re

from playwright.sync_api import expect

from screens import look, settle


def test_settings_are_changed_and_an_error_is_shown_beside_its_field(visit):
    owner = visit("owner").expects(422)
    page = owner.open("#/settings")
    lifetime = page.get_by_label("Default lifetime (days)")
    expect(lifetime).to_have_value("180")
    lifetime.fill("400")
    page.get_by_role("button", name="Save").click()
    expect(lifetime).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("must be at most secret_lifetime_max_days")).to_be_visible()
    expect(lifetime).to_be_focused()
    look(page, "settings-refused")
    for wrong in ("", "many", "-1", "1e3"):
        lifetime.fill(wrong)
        expect(lifetime).not_to_have_attribute("aria-invalid", "true")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Enter a number")).to_be_visible()
    lifetime.fill("90")
    page.get_by_label("Team address").fill("team@acme.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_attached()
    settings = owner.call("GET", "/v1/organizations/acme").json()["settings"]
    assert (settings["secret_lifetime_days"], settings["team_address"]) == (90, "team@acme.example")
    settle(page)
    look(page, "settings")
    page.get_by_label("Team address").fill("")
    lifetime.fill("180")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Team address")).to_have_value("")


def test_the_audit_trail_is_filtered_exported_and_verified(visit):
    # the sign-in has to be among the newest 50 events, however many the tests before this one have made
    owner = visit("owner", fresh=True)
    made = owner.create("audited")
    page = owner.open("#/audit")
    rows = page.get_by_role("table", name="Events").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Client: created")
    expect(rows.nth(1)).to_contain_text(owner.person.email)
    expect(rows.nth(1)).to_contain_text(re.compile(r"\d+ \w+ \d{4}\s*\d\d:\d\d:\d\d CES?T"))
    signed_in = rows.filter(has_text="Signed in").filter(has_text=f"administrator {owner.person.email}")
    expect(signed_in.first).to_be_attached()
    rows.nth(1).get_by_role("button", name="Copy request id").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("req_")
    look(page, "audit")
    page.get_by_label("Client", exact=True).fill(made["client_id"])
    expect(rows).to_have_count(2)
    page.get_by_role("combobox", name="Action").select_option("client.deleted")
    expect(page.get_by_role("heading", name="No events found")).to_be_visible()
    page.get_by_role("combobox", name="Action").select_option("")
    expect(rows).to_have_count(2)
    page.reload()
    expect(page.get_by_label("Client", exact=True)).to_have_value(made["client_id"])
    expect(rows).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "audit-acme.csv"
    exported = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert [(event["action"], event["target"]) for event in exported] == [("client.created", made["client_id"])]
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("entries are intact")).to_be_visible()


def test_everybody_reads_the_catalogue_and_an_operator_adds_to_it(visit):
    page = visit("owner").open("#/resources")
    expect(page.get_by_role("row").filter(has_text="https://banking.example")).to_contain_text("banking/admin")
    expect(page.get_by_role("button", name="Add resource")).to_have_count(0)
    operator = visit("operator")
    page = operator.open("#/resources")
    page.get_by_role("button", name="Add resource").click()
    dialog = page.get_by_role("dialog", name="Add resource")
    dialog.get_by_label("Name").fill("Custody")
    dialog.get_by_label("Key", exact=True).fill("custody")
    dialog.get_by_label("Scope of view").fill("READ:CUSTODY")
    look(page, "add-resource")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="Custody")).to_contain_text("READ:CUSTODY")
    look(page, "resources")


def test_an_operator_creates_an_organization_and_works_in_it(visit):
    operator = visit("operator")
    page = operator.open("#/organizations")
    page.get_by_role("button", name="Create organization").click()
    dialog = page.get_by_role("dialog", name="Create organization")
    dialog.get_by_label("Name").fill("Globex")
    dialog.get_by_label("Key").fill("globex")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("button", name="Globex", exact=True)).to_be_visible()
    settle(page)
    look(page, "organizations")
    page.get_by_role("button", name="Globex", exact=True).click()
    expect(page.get_by_role("heading", name="No clients yet")).to_be_visible()
    look(page, "clients-empty")
    page.get_by_role("link", name="Create client").first.click()
    page.get_by_label("Name").fill("First")
    expect(page.locator("[data-preview]")).to_have_text("wallet-globex-first")
    page.get_by_role("button", name="Create client").click()
    page.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("First")
    page.get_by_label("Organization").select_option("acme")
    expect(page.get_by_role("row").filter(has_text="wallet-acme-reporting")).to_be_visible()
    expect(page.get_by_text("wallet-globex-first")).to_have_count(0)


def test_a_failure_is_shown_and_can_be_retried(visit):
    owner = visit("owner").expects(503)
    page = owner.page
    settle(page)
    page.route("**/v1/resources*", lambda route: route.fulfill(status=503, content_type="application/problem+json", json={
        "type": "x#unavailable", "title": "Service unavailable", "status": 503,
        "detail": "Storage did not respond.", "request_id": "req_1"}), times=1)
    owner.open("#/resources")
    expect(page.get_by_role("alert")).to_contain_text("Storage did not respond.")
    look(page, "failure")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("row").filter(has_text="https://banking.example")).to_be_visible()


def test_the_console_and_the_api_have_the_same_roles(visit, stack):
    owner = visit("owner")
    settle(owner.page)
    script = owner.page.locator("script[src]").get_attribute("src")
    words = f"{stack.issuer}{script.replace('app.js', 'words.js')}"
    bundles = owner.page.evaluate("async url => (await import(url)).BUNDLES", words)
    assert set(bundles) == set(stack.people) - {"second"}
    for role, privileges in bundles.items():
        said = visit(role).call("GET", "/v1/session").json()
        assert (said["role"], sorted(said["privileges"])) == (role, sorted(privileges))
