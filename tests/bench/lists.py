"""Conversation lists and message pages at ten million messages: server time of whole requests.

Also the pages of the dashboard that are opened most, and what its home weighs.
"""

import gzip
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from django.contrib.staticfiles.finders import find
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, connection
from django.test import Client, RequestFactory
from django.utils import timezone

from messaging.inbox.sessions import COOKIE
from messaging.services.conversations.handling import inbox_page
from messaging.services.people.sessions import follow_sign_in_link, make_sign_in_link
from messaging.tests.cast import make_business
from messaging.tests.crowd import allow_campaigns, make_crowd
from portal.base.pairwise import pairwise_number
from portal.base.report import at_most
from profiles.models import Membership, Profile, User
from profiles.tests.people import sign_in
from tests.bench import Found
from tests.bench.crowds import make_user
from tests.bench.fairness import p95

FIRST = 10**9
REQUESTS = 100  # of each page
BAR = 50  # milliseconds
HOME_BAR = 150  # milliseconds
WIRE_BAR = 120_000  # bytes of the first page that somebody opens, with all it links
FOLDERS = ("all", "mine", "unassigned", "resolved")
EACH = 10  # messages a conversation
BUSY = 5_000  # messages of the one person who writes most


def measure(n: int) -> Found:
    messages = 2 * n
    talks = max(1_000, messages // EACH)
    request_started.disconnect(close_old_connections)  # production keeps them, in a pool
    acme, profile = make_business("acme")
    allow_campaigns(profile)
    alice = make_user("alice")
    Membership.objects.create(business=acme, user=alice, role=Membership.Role.OWNER)
    begun = time.monotonic()
    fill(profile, talks, member=alice.pk)
    chance = random.Random(2026)
    business = Browser(sign_in(Client(), alice))
    people = [person_browser(FIRST + chance.randrange(talks)) for _n in range(20)]
    walk = Walk(profile, alice)

    def a_talk(person: int | None = None) -> str:
        return f"/w/acme/inbox/{talk(profile, person or chance.randrange(talks))}"

    pages: dict[str, Callable[[], tuple[Browser, str, str]]] = {
        "conversation list": lambda: (
            business,
            f"/w/acme/inbox/?view={chance.choice(FOLDERS)}",
            "",
        ),
        "conversation list, further down": lambda: (business, f"/w/acme/inbox/{walk.next()}", ""),
        "conversation list, fetched again": lambda: (business, "/w/acme/inbox/", "convs"),
        "message page": lambda: (business, a_talk(), ""),
        "message page, fetched again": lambda: (business, a_talk(), "thread"),
        "message page of the busiest": lambda: (business, f"/w/acme/inbox/{talk(profile, 0)}", ""),
        "a person's chats": lambda: (chance.choice(people), "/m/", ""),
        "a person's chat": lambda: (chance.choice(people), "/m/c/acme/", ""),
    }
    figures: dict[str, object] = {
        "messages": talks * EACH + BUSY,
        "conversations": talks,
        "seconds to fill": round(time.monotonic() - begun),
    }
    bars = {}
    for name, choose in pages.items():
        visits = visit(choose)
        bars[f"{name}, p95 ms"] = at_most(round(p95([one.wall for one in visits]), 1), BAR)
        figures |= told(name, visits)
    for name in DASHBOARD:
        visits = visit(lambda name=name: (business, f"/w/acme/{name}", ""))
        bars[f"{name or 'home'}, p95 ms"] = at_most(
            round(p95([one.wall for one in visits]), 1), HOME_BAR
        )
        figures |= told(name or "home", visits)
    bars["home, bytes over the wire"] = at_most(wire_bytes(business, "/w/acme/"), WIRE_BAR)
    return Found(figures, bars)


DASHBOARD = ("", "campaigns/", "templates/", "quality/", "contacts/", "audiences/", "analytics/")


@dataclass(frozen=True)
class Visit:
    """One request: milliseconds on the clock, milliseconds of this processor, statements."""

    wall: float
    cpu: float
    statements: int


class Browser:
    """Requests as the server's own handler answers them, in this process.

    Not by Django's test client: it copies the context of every template that is drawn.
    """

    handler = WSGIHandler()

    def __init__(self, client: Client) -> None:
        self.cookie = "; ".join(f"{key}={each.value}" for key, each in client.cookies.items())

    def get(self, address: str, *, target: str = "") -> bytes:
        """The body. With `target` as htmx asks, for that part of the page."""
        headers = {"HTTP_COOKIE": self.cookie}
        if target:
            headers |= {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": target}
        statuses: list[str] = []
        environ = RequestFactory(**headers).get(address).environ
        body = b"".join(self.handler(environ, lambda status, _headers: statuses.append(status)))
        assert statuses == ["200 OK"], (address, statuses)
        return body


def visit(choose: Callable[[], tuple[Browser, str, str]]) -> list[Visit]:
    """REQUESTS visits of pages that `choose` names: browser, address, part. Five warm up."""
    visits = []
    for _n in range(REQUESTS + 5):
        browser, address, target = choose()
        count = Counted()
        wall, cpu = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(count):
            browser.get(address, target=target)
        visits.append(
            Visit(
                1_000 * (time.perf_counter() - wall), 1_000 * (time.process_time() - cpu), count.n
            )
        )
    return visits[5:]


class Counted:
    """Counts statements; wraps their execution."""

    n = 0

    def __call__(self, execute, sql, params, many, context):
        self.n += 1
        return execute(sql, params, many, context)


def told(name: str, visits: list[Visit]) -> dict[str, object]:
    return {
        f"{name}, median ms": round(median(one.wall for one in visits), 1),
        f"{name}, processor ms": round(median(one.cpu for one in visits), 1),
        f"{name}, most statements": max(one.statements for one in visits),
    }


def wire_bytes(browser: Browser, address: str) -> int:
    """What a browser loads that has nothing yet: the page and the files it links, compressed."""
    page = browser.get(address)
    names = {
        name.partition("#")[0]
        for name in re.findall(r'(?:href|src)="/static/([^"]+)', page.decode())
    }
    files = [Path(found).read_bytes() for name in names if (found := find(name))]
    return sum(
        # Fonts are compressed already.
        len(each) if each[:4] == b"wOF2" else len(gzip.compress(each, 9))
        for each in (page, *files)
    )


def fill(profile: Profile, talks: int, *, member: int) -> None:
    """Conversations with EACH messages, alternately in and out; the first one has BUSY more."""
    make_crowd(talks, first=FIRST)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into messaging_message
              (person_id, id, profile_id, direction, kind, message_class, status, body, created_at)
            select %(first)s + i, (%(base)s + i * 10 + k) , %(profile)s,
                   case when k %% 2 = 0 then 'in' else 'out' end, 'text', 'service', 'read',
                   'Message ' || k || ' about order ' || i, now() - make_interval(secs => 10 - k)
              from generate_series(0, %(talks)s - 1) i, generate_series(0, %(each)s - 1) k
            union all
            select %(first)s, %(base)s - k, %(profile)s, 'in', 'text', 'service', 'read',
                   'Earlier ' || k, now() - interval '1 day'
              from generate_series(1, %(busy)s) k
            """,
            {
                "first": FIRST, "base": 10**15, "profile": profile.pk, "talks": talks,
                "each": EACH, "busy": BUSY,
            },
        )  # fmt: skip
        cursor.execute(
            """
            insert into messaging_conversation
              (person_id, profile_id, business_id, last_id, last_at, last_body, unread,
               business_last_id, business_last_at, business_last_body, business_unread, written_at,
               state, assignee_id)
            select %(first)s + i, %(profile)s, %(business)s, last, at, 'Message 9', 0, last, at,
                   'Message 9', i %% 3, at,
                   case when i %% 10 = 0 then 'resolved' else 'open' end,
                   case when i %% 50 = 0 then %(member)s end
              from (select i, %(base)s + i * 10 + 9 as last,
                           now() - make_interval(secs => i) as at
                      from generate_series(0, %(talks)s - 1) i) every
            """,
            {
                "first": FIRST, "profile": profile.pk, "business": profile.business_id,
                "base": 10**15, "talks": talks, "member": member,
            },
        )  # fmt: skip
        cursor.execute(
            """
            insert into messaging_contact (person_id, business_id, name, source, reference, labels,
                                           first_at, last_at)
            select %s + i, %s, 'Person ' || i, 'wrote', '', '[]', now(), now()
              from generate_series(0, %s - 1) i
            """,
            [FIRST, profile.business_id, talks],
        )
        cursor.execute("vacuum analyze messaging_message, messaging_conversation")


class Walk:
    """Down the list, page after page, by its own links' key."""

    def __init__(self, profile: Profile, member: User) -> None:
        self.profile, self.member, self.after = profile, member, ""

    def next(self) -> str:
        self.after = inbox_page(self.profile, member=self.member, after=self.after).after
        return f"?after={self.after}"


def talk(profile: Profile, person: int) -> str:
    return f"{profile.handle}/{pairwise_number(profile.business_id, FIRST + person)}/"


def person_browser(person_id: int) -> Browser:
    client = Client()
    client.cookies[COOKIE] = follow_sign_in_link(
        make_sign_in_link(person_id, now=timezone.now()), now=timezone.now()
    )
    return Browser(client)
