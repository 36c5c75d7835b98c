"""What a page says, to hold it in one language against another."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from django.conf import settings

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# One shows whether scripts look up all that they say; tests/test_translations.py knows whether each
# language has it.
TRANSLATED = "de"
SPOKEN = {"alt", "aria-label", "placeholder", "title"}
MEASURED = {"svg", "path", "rect", "line", "g", "meter", "input", "img"}
UNSEEN = {"script", "style", "code", "pre"}
# Names and units, what Django has no translation of, and words that happen to be the same.
NAMES = {name for _, name in settings.LANGUAGES}
NAMES |= {
    "API",
    "Ctrl",
    "Esc",
    "False",
    "JavaScript",
    "MNIST",
    "Reviewers",
    "Search",
    "True",
    "UTC",
}
ALIKE = {
    "de": {"Enter", "Filter", "Label", "Name", "Training", "Version"},
    "es": {"Error", "No", "Tokens", "Total"},
    "fr": {
        "Action",
        "Activations",
        "Exports",
        "Pages",
        "Score",
        "Total",
        "Validation",
        "Verdict",
        "Version",
        "pixels",
    },
}


class Words(HTMLParser):
    """Collects each text of a page, and each attribute that is read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.measures: list[tuple[str, str, str | None]] = []
        self.unseen = 0
        self.english = ""  # the element that says that it is
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.unseen += tag in UNSEEN
        if not self.english and values.get("lang") == "en":
            self.english = tag
        self.depth += tag == self.english
        self.found += [value or "" for name, value in attrs if name in SPOKEN]
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.found.append(values.get("value") or "")
        if tag == "meta" and values.get("name") == "description":
            self.found.append(values.get("content") or "")
        if tag in MEASURED:
            self.measures += [(tag, *attr) for attr in attrs if is_measure(*attr)]

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN
        self.depth -= tag == self.english
        if not self.depth:
            self.english = ""

    def handle_data(self, data: str) -> None:
        if not self.unseen and not self.english:
            self.found.append(data)


def is_measure(name: str, value: str | None) -> bool:
    return name not in SPOKEN and bool(re.fullmatch(r"[MLQ\d\s.,-]+", value or ""))


def read(html: str) -> Words:
    parser = Words()
    parser.feed(html)
    return parser


def letters(texts: Iterable[str]) -> set[str]:
    """Each text without its ids, numbers and signs; none where there is nothing else."""
    # The ids first: one that begins with eight digits would lose them to the numbers.
    named = (re.sub(r"[0-9a-f]+(-[0-9a-f]+){4}", " ", text) for text in texts)
    bare = (re.sub(r"[\W\d_]+", " ", text) for text in named)
    return {" ".join(text.split()) for text in bare if len(text.strip()) > 1}


def left_over(english: str, translated: str, language: str, *data: str) -> set[str]:
    """Return what a page says in English still, apart from what is data."""
    both = letters(read(english).found) & letters(read(translated).found)
    return both - NAMES - ALIKE[language] - set(data)


def measures(html: str) -> list[tuple[str, str, str | None]]:
    """Return the attributes that are numbers, which no language writes in its own way."""
    return read(html).measures
