"""What README and docs name is there: files, links, targets of make, commands, modules."""

import re
from importlib.util import find_spec

from django.conf import settings
from django.core.management import get_commands

ROOT = settings.BASE_DIR
FOLDERS = "audience|billing|docs|examples|messaging|portal|profiles|scripts|templates|tests|trust"
A_PATH = re.compile(rf"(?<![\w/.:-])((?:{FOLDERS})/[\w./-]*\w)")
A_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
TEXTS = {page: page.read_text() for page in PAGES}


def named(pattern: str) -> set[str]:
    return {name for text in TEXTS.values() for name in re.findall(pattern, text, re.MULTILINE)}


def test_every_path_and_link_is_there():
    for page, text in TEXTS.items():
        gone = {path for path in A_PATH.findall(text) if not (ROOT / path).exists()}
        gone |= {link for link in A_LINK.findall(text) if not (page.parent / link).exists()}
        assert not gone, page.name


def test_every_command_is_there():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert named(r"(?:`|^)make (\w+)") <= set(targets)
    assert named(r"manage\.py (\w+)") <= set(get_commands())
    assert [name for name in named(r"python -m ([a-z][\w.]+)") if not find_spec(name)] == []
