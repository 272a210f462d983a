"""axe-core on a page in a browser: what keeps people with other eyes and hands out."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.async_api import Page

# The rules of WCAG 2.2 A and AA, and axe's own good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK = """tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(found =>
  found.violations.map(one => [one.id, one.nodes.map(node => node.html.slice(0, 120))]))"""


async def barriers(tab: Page, tags: list[str] | None = None) -> list[str]:
    """Return what axe-core finds on the page in *tab*: one line for each rule that is broken."""
    if not await tab.evaluate("typeof axe === 'object'"):
        source = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
        # Said by the test, not by the page: the page's own policy would refuse it.
        await tab.evaluate(source)
    found: list[Any] = await tab.evaluate(ASK, tags or TAGS)
    return [f"axe {rule}: {nodes[0]} ({len(nodes)})" for rule, nodes in found]
