"""/docs/: the pages of docs/api, for those who write programs."""

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = settings.BASE_DIR / "docs/api"
NAMES = (
    "quickstart",
    "quickstart-python",
    "quickstart-typescript",
    "errors",
    "differences",
    "account-linking",
)


class Page(NamedTuple):
    """A page as it is shown: its title, its first words and its HTML without the title."""

    name: str
    title: str
    about: str
    html: str


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """What there is to read."""
    return render(request, "docs/docs.html", {"pages": [page_of(name) for name in NAMES]})


@require_safe
def docs_page(request: HttpRequest, name: str) -> HttpResponse:
    """One page."""
    if name not in NAMES:
        raise Http404
    pages = [page_of(each) for each in NAMES]
    return render(request, "docs/page.html", {"pages": pages, "page": page_of(name)})


@cache
def page_of(name: str) -> Page:
    """The page of this name in docs/api, read once in a process."""
    marked = MarkdownIt("commonmark", {"html": True}).enable("table")  # (our own words)
    tokens = marked.parse((FOLDER / f"{name}.md").read_text())
    title, rest = tokens[1], tokens[3:]
    begins = (n for n, token in enumerate(rest) if token.type == "paragraph_open")
    about = next((rest[n + 1].content for n in begins), "")
    for token in rest:
        _lead_right(token)
    html = marked.renderer.render(rest, marked.options, {})
    # What is wider than a phone is moved within itself, also by the keyboard.
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="wide" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>")
    return Page(name, title.content, about.replace("\n", " ").replace("`", ""), html)


def _lead_right(token: Token) -> None:
    """Links between files become links between pages; those to files without a page, plain text."""
    for child in token.children or []:
        if child.type != "link_open" or not str(child.attrs["href"]).endswith(".md"):
            continue
        name = str(child.attrs["href"]).removesuffix(".md")
        address = reverse("docs_page", args=[name]) if name in NAMES else reverse("docs")
        child.attrs["href"] = address
