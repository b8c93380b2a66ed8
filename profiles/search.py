"""Is this sender real? Looks for a handle, a link or a name, and says plainly what is known."""

import re
from urllib.parse import urlsplit

from django.db.models import Q, QuerySet

from profiles.models import Profile

MOST = 10


def find_profiles(asked: str) -> tuple[Profile | None, list[Profile]]:
    """The very profile that was asked for, or those whose name is alike.

    Arguments:
        asked: "@acme", "https://our.site/b/acme/", "www.acme.com" or "Acme".
    """
    asked = asked.replace("\x00", "").strip()[:200]
    open_ones = Profile.objects.filter(closed_at=None, is_test=False).select_related("business")
    if handle := _handle_in(asked):
        found = open_ones.filter(handle=handle).first()
        if found or asked.startswith("@") or "/b/" in asked:
            return found, []
    return None, list(_by_words(open_ones, asked)) if asked else []


def _handle_in(asked: str) -> str:
    """The handle in "@acme", "acme" or an address of ours."""
    parts = re.split(r"[?#]", asked)[0].strip("/").split("/") if "/" in asked else []
    if "b" in parts[:-1]:
        return parts[parts.index("b") + 1].lower()
    return asked.removeprefix("@").lower() if " " not in asked and "." not in asked else ""


def _by_words(profiles: QuerySet[Profile], asked: str) -> QuerySet[Profile]:
    """By name or legal name; by domain where one is written."""
    try:
        host = urlsplit(asked if "//" in asked else f"//{asked}").hostname or ""
    except ValueError:  # no address; perhaps a name
        host = ""
    bare = host.removeprefix("www.")
    words = Q(name__icontains=asked) | Q(business__cases__legal_name__icontains=asked)
    if "." in bare:
        words |= Q(business__cases__domain__in=(bare, f"www.{bare}"))
    return profiles.filter(words).distinct().order_by("name")[:MOST]
