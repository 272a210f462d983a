"""What may be chosen once there is a case: card, reach, hours, consent, code phrase. All can be skipped."""

from __future__ import annotations

from dataclasses import replace

from intake import phrase_screens, screens
from intake.acts import Act, stay
from intake.effects import MakePhrase, Note, OpenThread, SetConsent, SetReach
from intake.state import State
from intake.world import Step, World


def card(state: State, _world: World) -> Step:
    """Ask for the card; the next short text is one."""
    after = replace(state, stage="card", held="")
    return stay(after, screens.card(after))


def reach(state: State, _world: World) -> Step:
    """Ask how an answer may come."""
    after = replace(state, stage="free", held="")
    return stay(after, screens.reach(after))


def reach_here(state: State, _world: World) -> Step:
    """A quiet line here; then when."""
    after = replace(state, reach="push")
    return stay(after, screens.hours(after), SetReach())


def reach_by_phrase(state: State, _world: World) -> Step:
    """No address of this chat is kept; so a phrase is needed."""
    after = replace(state, reach="phrase", remember=False)
    return stay(after, phrase_screens.offer(after), SetReach())


def hours(hours: str) -> Act:
    """Return the act that sets when the quiet line may come."""

    def act(state: State, _world: World) -> Step:
        after = replace(state, reach="push", hours=hours)
        return stay(after, screens.keep(after), SetReach())

    return act


def look(state: State, world: World) -> Step:
    """No line ever; they look here by themselves. Who came by phrase gets buttons of their own for that."""
    opened = () if state.handle is not None else (OpenThread(),)
    handle = state.handle or world.fresh.handle
    after = replace(state, reach="look", handle=handle)
    return stay(after, screens.keep(after), *opened, SetReach())


def remember(state: State, _world: World) -> Step:
    """Remember this chat for a month, or no longer."""
    after = replace(state, remember=not state.remember)
    return stay(after, screens.hours(after))


def keep(state: State, _world: World) -> Step:
    """Ask what may be done with what was told."""
    after = replace(state, stage="free", held="")
    return stay(after, screens.keep(after))


def summarise(state: State, _world: World) -> Step:
    """Allow or forbid retelling."""
    after = replace(state, summarise=not state.summarise)
    return stay(after, screens.keep(after), SetConsent())


def quote(state: State, _world: World) -> Step:
    """Allow or forbid quoting."""
    after = replace(state, quote=not state.quote)
    return stay(after, screens.keep(after), SetConsent())


def picture(state: State, _world: World) -> Step:
    """Allow or forbid showing redacted pictures."""
    after = replace(state, picture=not state.picture)
    return stay(after, screens.keep(after), SetConsent())


def share(state: State, _world: World) -> Step:
    """Allow or forbid showing it to the other team."""
    after = replace(state, share=not state.share)
    return stay(after, screens.keep(after), SetConsent())


def see_first(state: State, _world: World) -> Step:
    """Ask to see a text before it is public, or not to."""
    after = replace(state, word=not state.word)
    return stay(after, screens.keep(after), SetConsent())


def phrase_offer(state: State, _world: World) -> Step:
    """Offer a code phrase."""
    after = replace(state, stage="free", held="")
    return stay(after, phrase_screens.offer(after))


def end(state: State, _world: World) -> Step:
    """Ask nothing more."""
    after = replace(state, stage="free", held="")
    return stay(after, screens.done(after))


def phrase_show(state: State, world: World) -> Step:
    """Show a new phrase, once; one already confirmed stays."""
    if state.confirmed:
        return stay(state, phrase_screens.offer(state))
    after = replace(state, stage="free", asked=world.fresh.asked)
    return stay(
        after, phrase_screens.show(after, world.fresh.words), MakePhrase(state.mailbox, state.mailbox_item)
    )


def phrase_again(state: State, world: World) -> Step:
    """Show a new phrase in the place of one that is lost or seen: the older one ends now."""
    if not world.teams:
        return stay(state, screens.told(state, "house.empty"))
    after = replace(state, stage="free", asked=world.fresh.asked, confirmed=False)
    shown = phrase_screens.show(after, world.fresh.words)
    return stay(after, shown, MakePhrase(state.mailbox, state.mailbox_item, ends_all=True))


def phrase_check(state: State, _world: World) -> Step:
    """Ask two words back."""
    if not state.asked:
        return stay(state, phrase_screens.offer(state))
    after = replace(state, stage="words")
    return stay(after, phrase_screens.ask_back(after))


def phrase_type(state: State, _world: World) -> Step:
    """Ask for a phrase somebody has; the next few words are one."""
    after = replace(state, stage="phrase", held="")
    return stay(after, phrase_screens.type_it(after))


def phrase_lost(state: State, _world: World) -> Step:
    """Go on without a phrase, and note that they wrote before."""
    after = replace(state, stage="free", held="", wrote_before=True)
    return stay(after, screens.invitation(after, "before.write"), Note())
