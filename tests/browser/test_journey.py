"""Going from screen to screen: Back, unsaved input, the focus, and other tabs."""

import re

import pytest
from playwright.sync_api import expect

from screens import settle


def create_client(visitor, name: str):
    page = visitor.open("#/clients/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Banking: view").check()
    page.get_by_role("button", name="Create client").click()
    return page


def test_back_does_not_close_a_secret_that_is_not_stored(visit, token):
    owner = visit("owner")
    settle(owner.page)
    page = create_client(owner, "Kept")
    dialog = page.get_by_role("dialog", name="Client created")
    secret = dialog.get_by_role("group", name="secret", exact=True).inner_text()
    for _ in range(2):
        page.go_back()
        expect(page.get_by_role("status").filter(has_text="Store the secret first")).to_be_attached()
        expect(dialog).to_contain_text(secret)
        expect(page).to_have_url(re.compile("#/clients/new$"))
    dialog.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kept")
    assert page.title() == "Kept · Countersign"
    assert token("wallet-acme-kept", secret)[0] == 200


def test_recovery_codes_stay_until_stored_and_a_refused_clipboard_is_reported(visit, second):
    visitor = visit(second, fresh=True).expects(401)
    settle(visitor.page)
    page = visitor.open("#/account")
    page.get_by_role("button", name="Generate new codes").click()
    page.get_by_role("dialog").get_by_role("button", name="Generate new codes").click()
    codes = page.get_by_role("list", name="Recovery codes")
    expect(codes).to_be_visible()
    page.go_back()
    expect(page.get_by_role("status").filter(has_text="Store the recovery codes first")).to_be_attached()
    expect(codes).to_be_visible()
    page.get_by_role("button", name="Copy all recovery codes").click()
    expect(page.get_by_role("status").filter(has_text="Recovery codes copied")).to_be_attached()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    page.get_by_role("button", name="Copy all recovery codes").click()
    expect(page.get_by_role("status").filter(has_text="does not allow copying")).to_be_attached()
    page.get_by_role("button", name="I have stored them").click()
    page.go_back()
    expect(page.get_by_role("heading", name="API clients")).to_be_visible()


def test_back_from_a_form_asks_and_keeps_the_history(visit):
    owner = visit("owner")
    settle(owner.page)
    owner.open("#/resources")
    owner.open("#/clients/wallet-acme-reporting")
    page = owner.open("#/clients/wallet-acme-reporting/edit")
    page.get_by_label("Notes").fill("half done")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.go_back()
    expect(page).to_have_url(re.compile("/edit$"))
    expect(page.get_by_label("Notes")).to_have_value("half done")
    page.once("dialog", lambda dialog: dialog.accept())
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reporting")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Resources")
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reporting")


def test_back_restores_the_scroll_position_of_a_list(visit):
    owner = visit("owner")
    page = owner.page
    page.set_viewport_size({"width": 360, "height": 500})
    settle(page)
    page.evaluate("scrollTo(0, 300)")
    page.get_by_role("link", name="Reporting", exact=True).evaluate("link => link.click()")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reporting")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("API clients")
    page.wait_for_function("() => scrollY === 300")


def test_choosing_an_organization_keeps_unsaved_input_and_follows_the_client(visit):
    operator = visit("operator")
    operator.call("POST", "/v1/organizations", {"key": "umbrella", "name": "Umbrella"})
    page = operator.page
    page.reload()
    operator.open("#/organizations")
    page.get_by_role("button", name="Umbrella", exact=True).click()
    expect(page.get_by_role("heading", name="No clients yet")).to_be_visible()
    chosen = page.get_by_label("Organization")
    expect(chosen).to_have_value("umbrella")
    operator.open("#/settings")
    page.get_by_label("Team address").fill("half@done.example")
    page.once("dialog", lambda dialog: dialog.dismiss())
    chosen.select_option("acme")
    expect(chosen).to_have_value("umbrella")
    expect(page.get_by_label("Team address")).to_have_value("half@done.example")
    page.once("dialog", lambda dialog: dialog.accept())
    operator.open("#/clients/wallet-acme-reporting")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reporting")
    expect(chosen).to_have_value("acme")
    chosen.select_option("umbrella")
    expect(page.get_by_role("heading", name="No clients yet")).to_be_visible()
    expect(chosen).to_have_value("umbrella")


def test_a_tab_follows_a_sign_in_in_another_tab(visit, stack):
    visitor = visit("viewer", fresh=True).expects(401)
    page = visitor.page
    expect(page.get_by_role("link", name="Your account: Viewer")).to_be_visible()
    other = visitor.context.new_page()
    other.goto(stack.console)
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_label("E-mail")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_visible()
    person = stack.people["administrator"]
    other.get_by_label("E-mail").fill(person.email)
    other.get_by_label("Password", exact=True).fill(person.password)
    other.get_by_label("One-time password").fill(person.code())
    other.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Your account: Administrator")).to_be_visible()
    expect(page.get_by_role("link", name="Create client")).to_be_visible()


@pytest.mark.parametrize("place, heading", [
    ("#/clients/%zz", "Not found"),
    ("#/clients?status=toString", "API clients"),
    ("#/audit?from=12345-01-01", "Audit trail"),
])
def test_an_invalid_address_shows_a_screen_with_a_heading(visit, place, heading):
    owner = visit("owner").expects(404, 422, 400)
    settle(owner.page)
    page = owner.open(place)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    settle(page)


def test_a_missing_or_refused_screen_has_a_way_back(visit):
    viewer = visit("viewer").expects(404)
    page = viewer.open("#/clients/wallet-acme-nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    page.get_by_role("main").get_by_role("link", name="API clients").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("API clients")
    viewer.open("#/audit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit trail")
    page.get_by_role("main").get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("API clients")


def test_the_focus_stays_in_the_page(visit):
    owner = visit("owner")
    made = owner.create("focused")
    settle(owner.page)
    page = owner.open("#/clients/new")
    expect(page.get_by_label("Name")).to_be_focused()
    owner.open(f"#/clients/{made['client_id']}")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("heading", name="Disable client")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Disable")).to_be_focused()
    page.get_by_role("button", name=re.compile("^Delete cs_")).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This client has no secret, so it cannot get tokens.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_menu_on_a_phone_closes_on_escape_and_on_a_click_outside(visit):
    page = visit("owner", viewport={"width": 360, "height": 780}).page
    settle(page)
    menu = page.get_by_role("button", name="Menu")
    for leave in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(180, 700)):
        menu.click()
        expect(page.get_by_role("link", name="Settings")).to_be_visible()
        leave()
        expect(page.get_by_role("link", name="Settings")).to_be_hidden()


@pytest.mark.parametrize("width", [900, 1024, 1280])
def test_nothing_is_cut_off_at_any_width(visit, width):
    owner = visit("owner", viewport={"width": width, "height": 900})
    if owner.call("GET", "/v1/clients/wallet-acme-wide").status == 404:
        owner.create("wide", name="W" * 100)
    for place in ("#/administrators", "#/clients/wallet-acme-wide", "#/clients?q=wide", "#/audit"):
        page = owner.open(place)
        settle(page)
        wider = page.evaluate("""() => [...document.querySelectorAll('.scroll, .card > header, .filters')]
            .filter((one) => one.clientWidth && !one.closest('details') && one.scrollWidth > one.clientWidth)
            .map((one) => [one.className, one.scrollWidth, one.clientWidth])""")
        assert wider == [], place


def test_the_next_page_of_a_list_starts_at_its_top_and_keeps_the_focus(visit):
    owner = visit("owner", viewport={"width": 1280, "height": 500})
    page = owner.page
    settle(page)
    one = owner.call("GET", "/v1/clients/wallet-acme-reporting").json()
    many = [{**one, "client_id": f"wallet-acme-n{n}", "name": f"Number {n}"} for n in range(60)]
    page.route("**/v1/clients*", lambda route: route.fulfill(json={"items": many, "next_cursor": None}))
    page.reload()
    following = page.get_by_role("button", name="Next")
    for number in (2, 3, 3):
        following.press("Enter")
        expect(page.get_by_text(f"Page {number} of 3")).to_be_visible()
        expect(following).to_be_focused()
        assert page.locator(".card").first.evaluate("card => card.getBoundingClientRect().top") >= -1 or number == 3
    expect(following).to_have_attribute("aria-disabled", "true")


def test_a_message_can_be_dismissed_and_goes_with_its_screen(visit):
    page = visit("owner").page
    settle(page)
    said = page.locator(".toast")
    page.get_by_role("button", name="Copy token endpoint").click()
    expect(said).to_contain_text("Token endpoint copied")
    page.get_by_role("button", name="Copy curl command").click()
    expect(said).to_have_text("Curl command copied")
    page.get_by_role("button", name="Dismiss the message").click()
    expect(said).to_be_hidden()
    page.get_by_role("button", name="Copy token endpoint").click()
    expect(said).to_be_visible()
    page.wait_for_timeout(1100)
    page.get_by_role("link", name="Resources").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Resources")
    expect(said).to_be_hidden()


def test_a_screen_reports_a_missing_network(visit):
    visitor = visit("viewer")
    page = visitor.page
    settle(page)
    visitor.context.set_offline(True)
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    visitor.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
