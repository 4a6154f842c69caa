"""Invitations, administrators, and the own account."""

import re

from conftest import Person, mailed_link
from playwright.sync_api import expect

from screens import look, settle

PASSWORD = "four words of some length"


def test_an_administrator_is_invited_changed_and_removed(visit, stack):
    owner = visit("owner")
    page = owner.open("#/administrators")
    page.get_by_role("button", name="Invite administrator").click()
    dialog = page.get_by_role("dialog", name="Invite administrator")
    dialog.get_by_label("Name").fill("Nia <b>Novak</b>")
    dialog.get_by_label("E-mail").fill("nia@acme.example")
    dialog.get_by_label("Role").select_option("credential_manager")
    look(page, "invite")
    dialog.get_by_role("button", name="Send invitation").click()
    invited = page.get_by_role("table", name="Invitations").get_by_role("row").filter(has_text="nia@acme.example")
    expect(invited).to_contain_text("pending")
    expect(invited).to_contain_text("in 7 days")
    look(page, "administrators")
    guest = visit(None).expects(404, 422)
    place = mailed_link(owner, "nia@acme.example")
    theirs = guest.open(place)
    expect(theirs.get_by_role("heading", name="Welcome")).to_be_visible()
    expect(theirs.get_by_role("img", name="QR code")).to_be_visible()
    assert theirs.get_by_role("img", name="QR code").evaluate("image => image.naturalWidth") > 0
    expect(theirs.get_by_text("Each time the link is opened it shows a new key")).to_be_visible()
    look(theirs, "invitation")
    theirs.get_by_label("Password", exact=True).fill("password1234")
    theirs.get_by_label("Confirm password").fill("password1234")
    key = theirs.get_by_role("group", name="key").inner_text()
    person = Person("nia@acme.example", PASSWORD, key)
    theirs.get_by_label("One-time password").fill(person.code())
    theirs.get_by_role("button", name="Set up account").click()
    expect(theirs.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    theirs.get_by_label("Password", exact=True).fill(PASSWORD)
    theirs.get_by_label("Confirm password").fill("something else")
    theirs.get_by_role("button", name="Set up account").click()
    expect(theirs.get_by_text("The passwords do not match.")).to_be_visible()
    theirs.get_by_label("Confirm password").fill(PASSWORD)
    theirs.get_by_label("One-time password").fill(person.code())
    theirs.get_by_role("button", name="Set up account").click()
    codes = theirs.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    look(theirs, "recovery-codes")
    recovery = codes.first.inner_text()
    theirs.get_by_role("button", name="I have stored them").click()
    expect(theirs.get_by_role("heading", name="API clients")).to_be_visible()
    # the link is used up; a recovery code signs in once
    stranger = visit(None).expects(404, 401)
    elsewhere = stranger.open(place)
    expect(elsewhere.get_by_role("heading", name="This link is not valid")).to_be_visible()
    elsewhere.get_by_role("link", name="Sign in").click()
    for outcome in ("API clients", None):
        elsewhere.get_by_label("E-mail").fill(person.email)
        elsewhere.get_by_label("Password", exact=True).fill(PASSWORD)
        elsewhere.get_by_role("button", name="No access to your authenticator").click()
        elsewhere.get_by_label("Recovery code").fill(recovery)
        elsewhere.get_by_role("button", name="Sign in", exact=True).click()
        if outcome:
            expect(elsewhere.get_by_role("heading", name=outcome)).to_be_visible()
            settle(elsewhere)
            elsewhere.get_by_role("button", name="Sign out").click()
        else:
            expect(elsewhere.get_by_role("alert")).to_contain_text("Sign-in failed")
    row = page.get_by_role("table", name="Administrators").get_by_role("row").filter(has_text="nia@acme.example")
    owner.open("#/administrators")
    expect(invited).to_contain_text("accepted")
    expect(invited).not_to_contain_text("in 7 days")
    expect(row).to_contain_text("Credential manager")
    expect(row).to_contain_text("Nia <b>Novak</b>")
    row.get_by_role("button", name=re.compile("^Edit")).click()
    dialog = page.get_by_role("dialog", name=re.compile("^Edit"))
    dialog.get_by_label("Role").select_option("custom")
    dialog.get_by_label("Read the audit trail").check()
    look(page, "privileges")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Custom")
    row.get_by_role("button", name=re.compile("^Remove")).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    guest.expects(401)
    assert guest.call("GET", "/v1/session").status == 401


def test_the_last_administrator_with_administrators_manage_cannot_be_removed(visit, stack):
    if "second" in stack.people:
        return
    owner = visit("owner").expects(409)
    page = owner.open("#/administrators")
    row = page.get_by_role("row").filter(has_text=owner.person.email)
    expect(row).to_contain_text("you")
    row.get_by_role("button", name=re.compile("^Remove")).click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Remove").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_role("alert")).not_to_be_empty()


def test_the_account_shows_sessions_and_changes_credentials(visit, second):
    visitor = visit(second, fresh=True).expects(401, 422)
    page = visitor.open("#/account")
    expect(page.get_by_role("heading", name="Active sessions")).to_be_visible()
    sessions = page.get_by_role("table", name="Sessions").get_by_role("row")
    expect(sessions.filter(has_text="this session")).to_contain_text("Chrome on Linux")
    before = sessions.count()
    other = visit(second, fresh=True).expects(401)
    page.reload()
    expect(sessions).to_have_count(before + 1)
    look(page, "account")
    page.get_by_role("button", name="End all other sessions").click()
    expect(sessions).to_have_count(2)
    assert other.call("GET", "/v1/session").status == 401
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog", name="Change password")
    dialog.get_by_label("Current password").fill("wrong")
    dialog.get_by_label("New password").fill("another row of quiet words")
    dialog.get_by_label("Confirm password").fill("another row of quiet words")
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog.get_by_label("Current password")).to_be_focused()
    expect(dialog.get_by_text("The current password is wrong.")).to_be_visible()
    dialog.get_by_label("Current password").fill(visitor.person.password)
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog).to_have_count(0)
    visitor.person.password = "another row of quiet words"
    page.get_by_role("button", name="Generate new codes").click()
    page.get_by_role("dialog").get_by_role("button", name="Generate new codes").click()
    expect(page.get_by_role("list", name="Recovery codes").get_by_role("listitem")).to_have_count(10)
    page.get_by_role("button", name="I have stored them").click()
    page.get_by_role("button", name="Replace authenticator").click()
    page.get_by_role("dialog").get_by_role("button", name="Continue").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    look(page, "authenticator")
    fresh = Person(visitor.person.email, visitor.person.password, page.get_by_role("group", name="key").inner_text())
    page.get_by_role("dialog").get_by_label("One-time password").fill(fresh.code())
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    visitor.person.totp_secret, visitor.person.last_step = fresh.totp_secret, fresh.last_step
