"""Read a page back: strictly, as a browser that mends nothing would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "img", "br", "hr", "link", "input"}
BARE = {"hidden", "selected", "download", "autofocus"}
NEVER = {"iframe", "object", "embed", "base", "form"}


@dataclass
class Page:
    """``elements`` are (name, attributes) in their order; ``texts`` maps a name to the texts inside."""

    elements: list = field(default_factory=list)
    texts: dict = field(default_factory=dict)

    def all(self, name):
        """The attributes of every element of that name."""
        return [attributes for each, attributes in self.elements if each == name]

    def files(self):
        """Everything that the page refers to."""
        return [
            value
            for _, attributes in self.elements
            for key, value in attributes.items()
            if key in ("src", "href", "srcset", "poster") and not value.startswith(("#", "data:"))
        ]

    def ids(self):
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.page, self.open = Page(), []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        bare = {name for name, value in attrs if value is None}
        assert bare <= BARE, f"<{tag}> has a bare attribute: {names}"
        self.page.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data):
        for tag in set(self.open):
            self.page.texts.setdefault(tag, []).append(data)


def read_html(text: str) -> Page:
    """The page, if every element is closed in its order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [], f"left open: {reader.open}"
    assert not NEVER & {name for name, _ in reader.page.elements}
    return reader.page


def read_page(path: Path) -> Page:
    """As ``read_html``, and everything that the page refers to lies beside it."""
    page = read_html(path.read_text(encoding="utf-8"))
    for name in page.files():
        assert (path.parent / name).is_file(), f"{name} is not there"
    return page
