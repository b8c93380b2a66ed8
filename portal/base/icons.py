"""Icons cost nothing to draw: what their component would say is written into the template once.

A page of the dashboard has some forty of them, and a component costs as much as ten variables.
Only an icon whose attributes are plain words is written in; any other goes to
templates/cotton/icon.html.
"""

import re

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django_cotton.compiler_regex import CottonCompiler
from django_cotton.cotton_loader import Loader as CottonLoader

ICON = re.compile(r'<c-icon((?:\s+(?:name|class|label)="[^"{}<>&]*")+)\s*/>')
ATTRIBUTE = re.compile(r'(name|class|label)="([^"]*)"')


def draw_icons(source: str) -> str:
    """The template's source with its plain icons drawn."""
    return ICON.sub(lambda match: _draw(**dict(ATTRIBUTE.findall(match[1]))), source)


def _draw(name: str = "circle", label: str = "", **attributes: str) -> str:
    return format_html(
        '<svg class="{}"{}><use href="{}#{}"/></svg>',
        f"icon {attributes.get('class', '')}".rstrip(),
        format_html(' role="img" aria-label="{}"', label)
        if label
        else mark_safe(' aria-hidden="true"'),
        static("img/icons.svg"),
        name,
    )


class Compiler(CottonCompiler):
    def process(self, html: str) -> str:
        return super().process(draw_icons(html))


class Loader(CottonLoader):
    """The loader of templates with components."""

    def __init__(self, engine, dirs=None) -> None:
        super().__init__(engine, dirs)
        self.cotton_compiler = Compiler()
