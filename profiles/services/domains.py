"""Whose domain is it: proof by DNS, by a file, or by a meta tag, fetched with a guard.

One secret word per business and domain stands in one of three places. We look from the outside, as
anyone would; nothing of ours is open while we wait for somebody else's server.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
from allauth.account.models import EmailAddress
from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base.fetch import Answer, NotAllowed, Unreachable, fetch
from portal.base.live import announce
from portal.base.refused import Refused
from portal.base.sealing import derive
from profiles.models import AuditRow, Business, Check, User, VerificationCase
from profiles.services.audit import record

NAME = "signet-verification"
FILE = f"/.well-known/{NAME}.txt"
SECONDS = 5.0
AGAIN_AFTER = timedelta(minutes=1)
TRY_FOR = timedelta(days=14)  # after the last change of the case; then only by hand
MOST_LOOKS, LOOKS_WITHIN = 10, timedelta(hours=1)  # by hand, of one request; ours don't count
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")

LookUp = Callable[[str], list[str]]
Fetch = Callable[..., Answer]


@dataclass(frozen=True)
class Look:
    """One way we looked: where, what we expected, what was there."""

    way: str
    where: str
    expected: str
    found: str
    problem: str = ""

    @property
    def is_right(self) -> bool:
        return hmac.compare_digest(self.found.encode(), self.expected.encode())


def plain_domain(domain: str) -> str:
    """The domain as DNS has it: small letters, international ones as xn--. Raises Refused.

    Takes an address of the site, too: "https://www.example.com/shop" is "www.example.com".
    """
    try:
        host = urlsplit(domain if "//" in domain else f"//{domain}").hostname or ""
        host = host.rstrip(".").encode("idna").decode().lower()
    except ValueError:  # brackets that are no address, or no letters of a name
        host = ""
    labels = host.split(".")
    if len(labels) < 2 or not all(LABEL.fullmatch(part) for part in labels) or labels[-1].isdigit():
        raise Refused(_("This is not a domain, such as example.com."), code="domain")
    return host


def word_for(business: Business, domain: str) -> str:
    """The word that stands at the domain when it is the business's: 32 letters and digits."""
    said = f"{business.pk} {domain}".encode()
    return hmac.digest(derive("domain proof"), said, "sha256").hex()[:32]


def look_at_domain(
    business: Business, domain: str, *, look_up: LookUp | None = None, fetch: Fetch = fetch
) -> list[Look]:
    """Look in all three places until one is right. Talks to others: call it in no transaction.

    Arguments:
        look_up: gives the TXT records of a name; fetch: calls an address. Both for tests.
    """
    word = word_for(business, domain)
    looks = []
    for look in (
        lambda: _by_dns(domain, word, look_up or txt_records),
        lambda: _by_file(domain, word, fetch),
        lambda: _by_tag(domain, word, fetch),
    ):
        looks.append(look())
        if looks[-1].is_right:
            break
    return looks


def _by_dns(domain: str, word: str, look_up: LookUp) -> Look:
    where, expected = f"_{NAME}.{domain}", f"{NAME}={word}"
    try:
        records = look_up(where)
    except OSError as error:
        return Look("dns", where, expected, "", str(error))
    found = next((one for one in records if one == expected), records[0] if records else "")
    return Look("dns", where, expected, found[:200], "" if found else _("No TXT record there."))


def _by_file(domain: str, word: str, fetch: Fetch) -> Look:
    where = f"https://{domain}{FILE}"
    body, problem = _get(where, domain, fetch)
    return Look("file", where, word, body.strip()[:200], problem)


def _by_tag(domain: str, word: str, fetch: Fetch) -> Look:
    where = f"https://{domain}/"
    body, problem = _get(where, domain, fetch)
    reader = _Tags()
    reader.feed(body)
    return Look("tag", where, word, reader.content[:200], problem)


class _Tags(HTMLParser):
    """Finds <meta name="signet-verification" content="…"> in the head of a page."""

    content = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and (given.get("name") or "").lower() == NAME and not self.content:
            self.content = (given.get("content") or "").strip()


def _get(url: str, domain: str, fetch: Fetch) -> tuple[str, str]:
    """What is there, and what went wrong. One step from example.com to www.example.com is taken."""
    for _step in range(2):
        try:
            answer = fetch(url, seconds=SECONDS)
        except NotAllowed as refusal:
            return "", refusal.sentence
        except Unreachable as error:
            return "", str(error)
        target = {k.lower(): v for k, v in answer.headers.items()}.get("location", "")
        if answer.status in (301, 302, 307, 308) and _is_own(target, domain):
            url = target
            continue
        if answer.status != 200:
            return "", _("It answered %(status)d.") % {"status": answer.status}
        return answer.body.decode("utf-8", "replace"), ""
    return "", _("It leads in a circle.")


def _is_own(url: str, domain: str) -> bool:
    bare = domain.removeprefix("www.")
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname in (bare, f"www.{bare}")


def txt_records(name: str) -> list[str]:
    """The TXT records of a name. Raises OSError with a sentence when nobody answers."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise OSError(_("The name server did not answer.")) from error
    return [b"".join(entry.strings).decode("utf-8", "replace") for entry in answer]


# Checks of a case.


def check_domain(
    case: VerificationCase,
    *,
    by: User | None,
    now: datetime | None = None,
    look_up: LookUp | None = None,
    fetch: Fetch = fetch,
) -> Check:
    """Look at the case's domain now and write down what was there. Call it in no transaction.

    Arguments:
        by: who asked for this look; None where we look again by ourselves, which is not counted.

    Raises Refused when the case names no domain, or by now another one, and with code too_often
    after MOST_LOOKS by hand within LOOKS_WITHIN, whatever domains they were of: each makes our
    servers call one that the business chose.
    """
    now = now or timezone.now()
    if not case.domain:
        raise Refused(_("Write down your domain first."), code="no_domain")
    if by is not None:
        _count_look(case, by=by, now=now)
    looks = look_at_domain(case.business, case.domain, look_up=look_up, fetch=fetch)
    return _write_down(case, looks, by=by, now=now)


@transaction.atomic
def _count_look(case: VerificationCase, *, by: User, now: datetime) -> None:
    # Of looks asked for at the same moment each waits here until the one before is counted.
    VerificationCase.objects.select_for_update().get(pk=case.pk)
    counted = AuditRow.objects.filter(
        object_type=case._meta.label_lower,
        object_id=str(case.pk),
        event="case.domain_looked_at",
        at__gt=now - LOOKS_WITHIN,
    ).order_by("-id")[:MOST_LOOKS]
    looks = list(counted.values_list("at", flat=True))
    if len(looks) == MOST_LOOKS:
        minutes = (looks[-1] + LOOKS_WITHIN - now) // timedelta(minutes=1) + 1
        raise Refused(
            ngettext(
                "You looked %(looks)d times within an hour. Wait a minute, then look again.",
                "You looked %(looks)d times within an hour. "
                "Wait %(minutes)d minutes, then look again.",
                minutes,
            )
            % {"looks": MOST_LOOKS, "minutes": minutes},
            code="too_often",
        )

    record(case, "case.domain_looked_at", by=by, domain=case.domain)


@transaction.atomic
def _write_down(
    case: VerificationCase, looks: list[Look], *, by: User | None, now: datetime
) -> Check:
    # While we looked the business may have named another domain: that one is not proved.
    locked = VerificationCase.objects.select_for_update().get(pk=case.pk)
    if locked.domain != case.domain:
        raise Refused(_("The domain was changed meanwhile. Look again."), code="case_changed")

    passed = looks[-1].is_right
    before = case.checks.select_for_update().filter(kind=Check.Kind.DOMAIN).first()
    check, _made = Check.objects.update_or_create(
        case=case,
        kind=Check.Kind.DOMAIN,
        defaults={
            "result": Check.Result.PASSED if passed else Check.Result.FAILED,
            "details": f"{case.domain}: {looks[-1].way}" if passed else case.domain,
            "evidence": {"domain": case.domain, "looks": [asdict(look) for look in looks]},
            "checked_by": by,
            "checked_at": now,
        },
    )
    if passed and (before is None or before.result != Check.Result.PASSED):
        record(case, "case.domain_proved", by=by, domain=case.domain, way=looks[-1].way)
    announce(f"business:{case.business_id}", "verification")
    return check


@shared_task
def check_domains() -> int:
    """Look again at each domain that is not proved yet, once a minute. Returns how many."""
    now = timezone.now()
    waiting = (
        VerificationCase.objects.filter(state__in=VerificationCase.OPEN, domain__gt="")
        .filter(created_at__gt=now - TRY_FOR, checks__kind=Check.Kind.DOMAIN)
        .exclude(checks__kind=Check.Kind.DOMAIN, checks__result=Check.Result.PASSED)
        .select_related("business")[:200]
    )
    return sum(_look_again(case, now) for case in waiting)


def _look_again(case: VerificationCase, now: datetime) -> bool:
    # Claimed by moving the time on, so that two workers don't both call.
    claimed = Check.objects.filter(
        case=case, kind=Check.Kind.DOMAIN, checked_at__lte=now - AGAIN_AFTER
    ).update(checked_at=now)
    if not claimed:
        return False
    try:
        check_domain(case, by=None)
    except Refused:  # it names another domain now, which waits for its own look
        return False
    return True


def check_email(case: VerificationCase, *, now: datetime | None = None) -> Check | None:
    """Passed when a manager of the business signs in with an address at the case's domain."""
    if not case.domain:
        return None
    bare = case.domain.removeprefix("www.")
    managers = case.business.memberships.filter(removed_at=None, role__in=("owner", "admin"))
    owned = EmailAddress.objects.filter(
        verified=True, email__iendswith=f"@{bare}", user__memberships__in=managers
    )
    if not owned.exists():
        return None
    check, _made = Check.objects.update_or_create(
        case=case,
        kind=Check.Kind.EMAIL,
        defaults={
            "result": Check.Result.PASSED,
            "details": bare,
            "checked_at": now or timezone.now(),
            "checked_by": None,
        },
    )
    return check
