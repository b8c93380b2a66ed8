"""What a page may weigh, and what may not stand in a template."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "static"
TEMPLATES = settings.BASE_DIR / "templates"

KB = 1024
INLINE = re.compile(r"""\s(style|on[a-z]+)\s*=\s*["']|<style|hx-on|hx-vals=["']js:""")
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")")


def weight(*paths: Path) -> int:
    """Bytes as they travel."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def test_our_script_stays_small():
    assert weight(*(STATIC / "js").glob("*.js")) <= 15 * KB


def templates() -> list[Path]:
    """Ours; the copies of the admin's live under a policy that allows style attributes."""
    apart = {TEMPLATES / "admin", TEMPLATES / "unfold"}
    return [path for path in TEMPLATES.rglob("*.html") if not apart & set(path.parents)]


def stylesheets(path: Path) -> set[str]:
    """What a template links, and what those it extends link."""
    text = path.read_text()
    linked = set(re.findall(r"css/[\w/-]+\.css", text))
    for name in re.findall(r'{% extends "([^"]+)" %}', text):
        if (TEMPLATES / name).exists():
            linked |= stylesheets(TEMPLATES / name)
    return linked


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_the_stylesheets_of_a_page_stay_small(path):
    assert weight(*{STATIC / sheet for sheet in stylesheets(path)}) <= 12 * KB


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_nothing_inline_that_the_policy_would_refuse(path):
    text = path.read_text()
    assert not INLINE.search(text), INLINE.search(text)
    assert not SCRIPT.search(text)


def test_every_icon_that_is_named_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img/icons.svg").read_text()))
    named = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'<c-icon name="([\w-]+)"', path.read_text())
    } | {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'<c-[\w-]+[^>]* icon="([\w-]+)"', path.read_text())
    }
    assert named - drawn == set()
