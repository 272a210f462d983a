"""A visitor at the desk: reads pages, fills forms and posts them, as a browser without JavaScript does."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from subrosa.errors import ShellError

# Elements whose text no person reads.
_SILENT = frozenset({"script", "style", "title", "option", "head"})


class NoSuchFormError(ShellError):
    """The page has no such form"""


class UnexpectedPageError(ShellError):
    """The desk answered with another page than expected"""


@dataclass
class Form:
    """One form of a page, with the values it would post as it stands."""

    action: str
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Page:
    """What came back: where it was found, its words, its links and its forms."""

    url: str
    status: int
    text: str
    links: tuple[str, ...]
    forms: tuple[Form, ...]
    content: bytes

    def form(self, ending: str) -> Form:
        """
        Return the form whose address ends in *ending*.

        Raises:
            NoSuchFormError: there is none.
        """
        for form in self.forms:
            if urlsplit(form.action).path.endswith(ending):
                return form
        raise NoSuchFormError(ending)

    def link(self, part: str) -> str:
        """
        Return the first link that has *part* in it.

        Raises:
            NoSuchFormError: there is none.
        """
        for link in self.links:
            if part in link:
                return link
        raise NoSuchFormError(part)


class Visitor:
    """One person at one browser."""

    def __init__(self, base_url: str) -> None:
        # Environment proxies must not see what is said on this machine.
        self._http = httpx.Client(
            base_url=base_url,
            trust_env=False,
            follow_redirects=True,
            timeout=60,
            headers={"Origin": base_url},
        )

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def get(self, path: str, status: int = 200) -> Page:
        """Open *path* and insist on *status*."""
        return _page(self._http.get(path), status)

    def submit(
        self,
        page: Page,
        ending: str,
        *,
        status: int = 200,
        button: tuple[str, str] | None = None,
        file: tuple[str, str, bytes] | None = None,
        instead: str | None = None,
        **fields: str,
    ) -> Page:
        """
        Fill the form of *page* whose address ends in *ending* and post it; insist on *status*.

        *instead* is the last word of the address a button of the form posts to in place of the form's own.
        """
        form = page.form(ending)
        values = [(name, value) for name, value in form.fields if name not in fields]
        values += list(fields.items())
        if button is not None:
            values.append(button)
        elif form.buttons:
            values.append(form.buttons[0])
        data: dict[str, list[str]] = {}
        for name, value in values:
            data.setdefault(name, []).append(value)
        target = urljoin(page.url, form.action or page.url)
        if instead is not None:
            target = target.removesuffix(ending) + instead
        if not form.files:
            return _page(self._http.post(target, data=data), status)
        sent = dict.fromkeys(form.files, ("", b""))
        if file is not None:
            sent[file[0]] = (file[1], file[2])
        return _page(self._http.post(target, data=data, files=sent), status)


def _page(response: httpx.Response, status: int) -> Page:
    if response.status_code != status:
        raise UnexpectedPageError(f"{response.status_code} at {response.url.path.split('/')[1] or '/'}")
    reader = _Reader()
    if response.headers.get("content-type", "").startswith("text/html"):
        reader.feed(response.text)
    return Page(
        url=str(response.url),
        status=response.status_code,
        text=" ".join(" ".join(reader.words).split()),
        links=tuple(reader.links),
        forms=tuple(reader.forms),
        content=response.content,
    )


class _Reader(HTMLParser):
    """Reads words, links and forms from a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._chosen: str | None = None
        self._area: str | None = None
        self._area_text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._open.append(tag)
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, values)

    def _field(self, form: Form, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        if tag == "select":
            self._select, self._chosen = name, None
        elif tag == "option" and self._select is not None:
            if self._chosen is None or "selected" in values:
                self._chosen = values.get("value", "\0")
        elif tag == "textarea":
            self._area, self._area_text = name, ""
        elif tag == "button" and name:
            form.buttons.append((name, values.get("value", "")))
        elif tag == "input" and name:
            kind = values.get("type", "text")
            if kind == "file":
                form.files.add(name)
            elif kind not in ("checkbox", "radio") or "checked" in values:
                form.fields.append((name, values.get("value", "on" if kind == "checkbox" else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and tag in self._open:
            self._open.remove(tag)
        if self._form is None:
            return
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select is not None:
            if self._select and self._chosen is not None:
                self._form.fields.append((self._select, self._chosen))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            if self._area:
                self._form.fields.append((self._area, self._area_text))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area_text += data
        if self._select is not None and self._chosen == "\0":
            self._chosen = data.strip()
        if not self._open:
            self.words.append(data)
