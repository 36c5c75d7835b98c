"""The catalogues in locale/: complete, compiled, and in keeping with the source."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import polib
import pytest
from django.conf import settings

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
SOURCES = ["digitsite", "ml", "predictor", "static", "templates", "manage.py"]
DOMAINS = ["django", "djangojs"]
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|%%|<[^>]*>")
# What typographers of the language would not let stand, for which there is another character.
FORBIDDEN = {
    "de": r"”|«|»|[\d)] %(?!\()",
    "es": r"“|”|« | »|[\d)] %(?!\()",
    "fr": r" [:;?!»]|« |\w[;?!]|\w'\w|“|”|[\d)] %(?!\()",
}

catalogues = pytest.mark.parametrize("domain", DOMAINS)
languages = pytest.mark.parametrize("language", LANGUAGES)


def folder(language: str) -> Path:
    return settings.LOCALE_PATHS[0] / language / "LC_MESSAGES"


def catalogue(language: str, domain: str) -> polib.POFile:
    return polib.pofile(folder(language) / f"{domain}.po")


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_language_has_its_folder():
    assert sorted(path.name for path in settings.LOCALE_PATHS[0].iterdir()) == LANGUAGES


@languages
@catalogues
def test_nothing_is_untranslated_or_unsure(language, domain):
    entries = catalogue(language, domain)
    assert len(entries) > 50
    assert [entry.msgid for entry in entries if not entry.translated()] == []
    assert not entries.fuzzy_entries() and not entries.obsolete_entries()


def test_each_sentence_about_a_drawing_is_marked_for_translators():
    unmarked = re.compile(r"(?:NoContrast|EmptyDrawing|DrawingTooLarge)\(\s*[\"']")
    for source in Path("ml").rglob("*.py"):
        assert not unmarked.search(source.read_text()), source


@languages
@catalogues
def test_what_is_compiled_is_what_is_written(language, domain):
    with open(folder(language) / f"{domain}.mo", "rb") as file:
        compiled = GNUTranslations(file)._catalog
    written = {}
    for entry in catalogue(language, domain):
        key = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        plural = {(key, form): text for form, text in entry.msgstr_plural.items()}
        written |= plural or {key: entry.msgstr}
    assert {key: text for key, text in compiled.items() if key} == written


@languages
@catalogues
def test_values_and_elements_are_those_of_the_source(language, domain):
    for entry in catalogue(language, domain):
        sources = [entry.msgid, entry.msgid_plural or entry.msgid]
        for source, text in zip(sources, translations(entry), strict=False):
            expected = PLACEHOLDER.findall(re.sub(r"%%", "", source))
            assert set(PLACEHOLDER.findall(re.sub(r"%%", "", text))) == set(expected), text


@languages
@catalogues
def test_each_language_has_its_own_typography(language, domain):
    for entry in catalogue(language, domain):
        for text in translations(entry):
            bare = re.sub(r"<[^>]*>", "", text)
            assert not re.search(FORBIDDEN[language], bare), text
            assert text == text.strip() and "  " not in text


def ids(path: Path) -> Iterator[tuple[str, str | None, str]]:
    for entry in polib.pofile(path):
        yield entry.msgid, entry.msgctxt, entry.msgid_plural


@catalogues
def test_it_has_what_the_source_says_and_nothing_else(domain, tmp_path):
    if not shutil.which("xgettext"):
        give_up = pytest.fail if os.environ.get("REQUIRE_GETTEXT") == "1" else pytest.skip
        give_up("GNU gettext is not installed here")
    for name in [*SOURCES, "locale"]:
        source = settings.BASE_DIR / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    command = [sys.executable, "-m", "django", "makemessages", "--no-obsolete", "--domain", domain]
    command += [option for language in LANGUAGES for option in ("--locale", language)]
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True)
    for language in LANGUAGES:
        fresh = tmp_path / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
        committed = folder(language) / f"{domain}.po"
        assert set(ids(fresh)) == set(ids(committed)), "run make messages"
