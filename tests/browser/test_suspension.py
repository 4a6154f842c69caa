"""Limits and suspension of an organization."""

from playwright.sync_api import expect

from screens import look


def test_an_operator_limits_suspends_and_resumes_an_organization(visit, token):
    operator = visit("operator")
    assert operator.call("POST", "/v1/organizations", {"key": "initech", "name": "Initech"}).status == 201
    client = {"organization": "initech", "key": "one", "name": "One", "grants": {"banking": "view"}}
    made = operator.call("POST", "/v1/clients", client).json()
    page = operator.open("#/organizations")
    row = page.get_by_role("row").filter(has_text="initech")
    row.get_by_role("button", name="Choose the resources of Initech").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("All, including future ones").uncheck()
    dialog.get_by_label("Banking").check()
    look(page, "grantable")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("banking")
    assert token(made["client_id"], made["secret"]["secret"])[0] == 200
    row.get_by_role("button", name="Suspend Initech").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("textbox").fill("initech")
    dialog.get_by_role("button", name="Suspend").click()
    expect(row).to_contain_text("suspended")
    look(page, "organizations-suspended")
    assert token(made["client_id"], made["secret"]["secret"])[0] == 401
    row.get_by_role("button", name="Resume Initech").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Resume").click()
    expect(row).not_to_contain_text("suspended")
    assert token(made["client_id"], made["secret"]["secret"])[0] == 200
