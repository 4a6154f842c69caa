"""Looks at a screen: with axe-core, and as pictures."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

from conftest import SCREENSHOTS

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
SIZES = {"wide": (1280, 900), "narrow": (360, 780)}


def settle(page: Page) -> None:
    """Waits until nothing loads any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => !document.querySelector('.state .spin, .boot')")


def check(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds serious, and whether the page is wider than its window."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    report = page.evaluate("options => axe.run(document, options)", options)
    found = [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in report["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    width = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    if width[0] > width[1]:
        found.append(f"the page is {width[0]} wide in a window of {width[1]}")
    return found


def look(page: Page, name: str) -> None:
    """Checks a screen and takes its picture, light and dark, wide and narrow."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    settle(page)
    before = page.viewport_size
    found = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # colours are all that the theme changes
            rules = ["color-contrast"] if scheme == "dark" else None
            found += [f"{name} {size} {scheme}: {what}" for what in check(page, rules)]
            # messages go by themselves; a picture need not wait for that
            page.evaluate("() => { scrollTo(0, 0); document.querySelector('.toast:popover-open')?.hidePopover() }")
            modal = page.locator("dialog[open]").count() > 0
            page.screenshot(path=SCREENSHOTS / f"{name}-{size}-{scheme}.png", full_page=not modal)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(before)
    assert not found, "\n".join(found)
