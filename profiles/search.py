"""Is this sender real? Looks for a handle, a link or a name, and says plainly what is known."""

import re
import unicodedata
from urllib.parse import urlsplit

from django.db.models import Func, Q, QuerySet, TextField

from profiles.models import Profile, VerificationCase

MOST = 10


class Plain(Func):
    """A text as people type it in a hurry: small, without accents ("Ipê" as "ipe")."""

    template = (
        "lower(regexp_replace(normalize(%(expressions)s, NFKD), U&'[\\0300-\\036F]', '', 'g'))"
    )
    output_field = TextField()


def plain(text: str) -> str:
    """The same of what was typed."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f").lower()


def named(profiles: QuerySet[Profile], words: str) -> QuerySet[Profile]:
    """Those whose name holds the words, or whose handle begins with them; accents don't count."""
    handle = plain(words).replace(" ", "_")
    return profiles.alias(plain_name=Plain("name")).filter(
        Q(plain_name__contains=plain(words)) | Q(handle__startswith=handle)
    )


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
    """By name or handle; by legal name, or the domain where one is written, once approved."""
    try:
        host = urlsplit(asked if "//" in asked else f"//{asked}").hostname or ""
    except ValueError:  # no address; perhaps a name
        host = ""
    bare = host.removeprefix("www.")
    approved = VerificationCase.objects.filter(state=VerificationCase.State.APPROVED)
    found = approved.alias(plain_name=Plain("legal_name")).filter(plain_name__contains=plain(asked))
    if "." in bare:
        found = found | approved.alias(plain_name=Plain("legal_name")).filter(
            domain__in=(bare, f"www.{bare}")
        )
    them = Q(pk__in=named(profiles, asked).values("pk")) | Q(business__in=found.values("business"))
    return profiles.filter(them).order_by("name")[:MOST]
