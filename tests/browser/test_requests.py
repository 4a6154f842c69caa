"""Changes that wait for a second administrator."""

import re

import pytest
from playwright.sync_api import expect

from screens import look, settle


@pytest.fixture
def two(visit, second):
    """Two owners of an organization that asks for both, for the time of a test."""
    asker, decider = visit("owner"), visit(second)
    on = asker.call("PATCH", "/v1/organizations/acme", {"settings": {"multi_admin": True}})
    assert on.status == 200, on.text()
    yield asker, decider
    off = asker.call("PATCH", "/v1/organizations/acme", {"settings": {"multi_admin": False}})
    assert off.status == 202, off.text()
    approved = decider.call("POST", f"/v1/change-requests/{off.json()['id']}/approve", {})
    assert approved.status == 200, approved.text()


def test_two_administrators_create_a_client_and_its_secret_is_collected(two, token):
    asker, decider = two
    page = asker.open("#/clients/new")
    expect(page.get_by_text("requires a second administrator to approve each change")).to_be_visible()
    page.get_by_label("Name").fill("Shared")
    page.get_by_label("Banking: view").check()
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_text("Waiting for approval by another administrator. You can withdraw it until then.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    theirs = decider.open("#/requests")
    waiting = theirs.get_by_role("link", name="Change requests").locator(".count")
    expect(waiting).to_contain_text("1")
    settle(theirs)
    look(theirs, "requests")
    theirs.get_by_role("table").get_by_role("link").first.click()
    theirs.get_by_label("Comment").fill("Fine with me <script>")
    settle(theirs)
    look(theirs, "request")
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.get_by_text("secret ready to collect")).to_be_visible()
    expect(theirs.get_by_text("Fine with me <script>")).to_be_visible()
    expect(waiting).to_have_count(0)
    asker.open("#/requests")
    waits = page.get_by_role("region", name="Secrets to collect")
    expect(waits).to_contain_text("Its secret can be collected until")
    look(page, "requests-collectable")
    asker.open("#/clients/wallet-acme-shared")
    page.get_by_role("region", name="Pending changes").get_by_role("link", name="Collect").click()
    page.get_by_role("button", name="Collect secret").click()
    dialog = page.get_by_role("dialog", name="Secret created")
    secret = dialog.get_by_role("group", name="secret", exact=True).inner_text()
    dialog.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_text("secret collected")).to_be_visible()
    asker.open("#/requests")
    expect(waits).to_have_count(0)
    assert token("wallet-acme-shared", secret)[0] == 200


def test_a_pending_change_is_shown_with_its_client_and_rejected_or_withdrawn(two):
    asker, decider = two
    page = asker.open("#/clients/wallet-acme-reporting/edit")
    page.get_by_label("Notes").fill("Runs at three.")
    page.get_by_role("button", name="Save").click()
    pending = page.get_by_role("region", name="Pending changes")
    expect(pending).to_contain_text("Pending approval")
    look(page, "client-pending")
    page.get_by_role("link", name="Edit").click()
    expect(pending).to_contain_text("Pending approval")
    pending.get_by_role("link", name="View").click()
    place = page.url.split("/console/")[1]
    theirs = decider.open(place)
    expect(theirs.get_by_role("row").filter(has_text="notes")).to_contain_text("Runs at three.")
    theirs.get_by_role("button", name="Reject").click()
    expect(theirs.get_by_text("Give a reason for the rejection.")).to_be_visible()
    theirs.get_by_label("Comment").fill("It runs at two.")
    theirs.get_by_role("button", name="Reject").click()
    expect(theirs.locator(".head").get_by_text("rejected")).to_be_visible()
    page.reload()
    expect(page.get_by_text("It runs at two.")).to_be_visible()
    asker.open("#/clients/wallet-acme-reporting")
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(pending).to_contain_text("Pending approval")
    pending.get_by_role("button", name="Withdraw").click()
    expect(pending).to_have_count(0)
    expect(page.get_by_role("button", name="Disable")).to_be_visible()


def test_approval_is_announced_before_and_shown_after_a_change(two, stack):
    asker, decider = two
    page = asker.open("#/clients/wallet-acme-reporting")
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("A second administrator must approve this first.")
    expect(dialog.get_by_role("button", name="Request deletion")).to_be_visible()
    look(page, "delete-client-waits")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Regenerate")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A second administrator must approve this first.")
    dialog.get_by_role("button", name="Regenerate").click()
    pending = page.get_by_role("region", name="Pending changes")
    pending.get_by_role("link", name="View").click()
    expect(page.get_by_role("row").filter(has_text="Overlap")).to_contain_text("1 day")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".head").get_by_text("withdrawn")).to_be_visible()
    asker.open("#/clients/new")
    page.get_by_label("Name").fill("Not yet")
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_role("main").get_by_text("wallet-acme-not-yet", exact=True)).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name="wallet-acme-not-yet")).to_have_count(0)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".head").get_by_text("withdrawn")).to_be_visible()
    asker.open("#/audit?action=organization.updated")
    page.get_by_text("1 field", exact=True).first.click()
    expect(page.get_by_role("row").filter(has_text="Require approval by a second administrator").first).to_contain_text("yes")


def test_a_pending_change_is_shown_with_its_administrator_and_withdrawn_there(two, stack):
    asker, _ = two
    page = asker.open("#/administrators")
    row = page.get_by_role("table", name="Administrators").get_by_role("row").filter(has_text=stack.people["viewer"].email)
    row.get_by_role("button", name=re.compile("^Edit")).click()
    page.get_by_role("dialog").get_by_label("Role").select_option("owner")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row.get_by_role("link", name="change pending")).to_be_visible()
    look(page, "administrators-waiting")
    page.get_by_role("region", name="Pending changes").get_by_role("button", name="Withdraw").click()
    expect(row.get_by_role("link", name="change pending")).to_have_count(0)
