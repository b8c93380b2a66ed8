"""/docs/: the pages of docs/api, for those who write programs."""

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = settings.BASE_DIR / "docs/api"
NAMES = {  # and what the page is good for
    "quickstart": _("From an access token to a message and a webhook, with curl."),
    "quickstart-python": _("The same with nothing but Python's standard library."),
    "quickstart-typescript": _("The same with nothing but what Node, Deno, Bun and browsers have."),
    "errors": _("What each code means, and what to do about it."),
    "differences": _("What this API does in another way than the one your client was made for."),
    "account-linking": _("Bind the number that writes to you to your own customer, by their yes."),
}


class Page(NamedTuple):
    """A page as it is shown: its title, what it is good for and its HTML without the title."""

    name: str
    title: str
    about: Promise
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
    for token in rest:
        _lead_right(token)
    html = marked.renderer.render(rest, marked.options, {})
    # What is wider than a phone is moved within itself, also by the keyboard.
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="wide" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>")
    return Page(name, title.content, NAMES[name], html)


def _lead_right(token: Token) -> None:
    """Links between files become links between pages; those to files without a page, plain text."""
    for child in token.children or []:
        if child.type != "link_open" or not str(child.attrs["href"]).endswith(".md"):
            continue
        name = str(child.attrs["href"]).removesuffix(".md")
        address = reverse("docs_page", args=[name]) if name in NAMES else reverse("docs")
        child.attrs["href"] = address
