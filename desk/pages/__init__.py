"""The pages of the desk, one module each. Every module names its routes; this is all of them."""

from __future__ import annotations

from desk.pages import (
    account,
    acts,
    answers,
    bench,
    briefs,
    card,
    case,
    drafts,
    files,
    group,
    house,
    imports,
    journal,
    papers,
    published,
    queue,
    release,
    replies,
    search,
    sign_in,
    ties,
    work,
)
from desk.routes import Route

ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES,
    *queue.ROUTES,
    *search.ROUTES,
    *case.ROUTES,
    *card.ROUTES,
    *work.ROUTES,
    *group.ROUTES,
    *ties.ROUTES,
    *papers.ROUTES,
    *answers.ROUTES,
    *acts.ROUTES,
    *replies.ROUTES,
    *files.ROUTES,
    *briefs.ROUTES,
    *drafts.ROUTES,
    *release.ROUTES,
    *bench.ROUTES,
    *published.ROUTES,
    *imports.ROUTES,
    *house.ROUTES,
    *journal.ROUTES,
    *account.ROUTES,
)
