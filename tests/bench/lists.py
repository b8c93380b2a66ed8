"""Conversation lists and message pages at ten million messages: server time of whole requests."""

import random
import time
from collections.abc import Callable
from statistics import median

from django.db import connection
from django.test import Client
from django.utils import timezone

from messaging.inbox.sessions import COOKIE
from messaging.services.conversations import inbox_page
from messaging.services.sessions import follow_sign_in_link, make_sign_in_link
from messaging.tests.cast import make_business
from messaging.tests.crowd import allow_campaigns, make_crowd
from portal.base.pairwise import pairwise_number
from portal.base.report import at_most
from profiles.models import Business, Membership, Profile
from profiles.tests.people import sign_in
from tests.bench import Found
from tests.bench.crowds import make_user
from tests.bench.fairness import p95

FIRST = 10**9
REQUESTS = 150  # of each page
BAR = 50  # milliseconds
FOLDERS = ("all", "mine", "unassigned", "resolved")
EACH = 10  # messages a conversation
BUSY = 5_000  # messages of the one person who writes most


def measure(n: int) -> Found:
    messages = 2 * n
    talks = max(1_000, messages // EACH)
    acme, profile = make_business("acme")
    allow_campaigns(profile)
    alice = make_user("alice")
    Membership.objects.create(business=acme, user=alice, role=Membership.Role.OWNER)
    fill(profile, talks, member=alice.pk)
    chance = random.Random(2026)
    business = sign_in(Client(), alice)
    pages: dict[str, Callable[[], str]] = {
        "conversation list": lambda: f"?folder={chance.choice(FOLDERS)}",
        "conversation list, further down": Walk(business, acme).next,
        "message page": lambda: talk(profile, chance.randrange(talks)),
        "message page of the busiest": lambda: talk(profile, 0),
    }
    figures: dict[str, object] = {"messages": talks * EACH + BUSY, "conversations": talks}
    bars = {}
    for name, address in pages.items():
        took = [timed(business, f"/w/acme/inbox/{address()}") for _n in range(REQUESTS)]
        figures[f"{name}, median ms"] = round(median(took), 1)
        bars[f"{name}, p95 ms"] = at_most(round(p95(took), 1), BAR)
    figures["processor ms of a message page in this process"] = round(
        1_000 * processor_seconds(lambda: timed(business, f"/w/acme/inbox/{talk(profile, 1)}")), 1
    )
    people = {
        "a person's chats": "/m/",
        "a person's chat": "/m/c/acme/",
    }
    persons = [person_client(FIRST + chance.randrange(talks)) for _n in range(20)]
    for name, address in people.items():
        took = [timed(chance.choice(persons), address) for _n in range(REQUESTS)]
        bars[f"{name}, p95 ms"] = at_most(round(p95(took), 1), BAR)
    return Found(figures, bars)


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

    def __init__(self, client: Client, business: Business) -> None:
        self.client, self.business, self.after = client, business, ""

    def next(self) -> str:
        profile = self.business.profiles.get()
        member = make_user("alice")
        self.after = inbox_page(profile, member=member, after=self.after).after
        return f"?after={self.after}"


def talk(profile: Profile, person: int) -> str:
    return f"{profile.handle}/{pairwise_number(profile.business_id, FIRST + person)}/"


def person_client(person_id: int) -> Client:
    client = Client()
    client.cookies[COOKIE] = follow_sign_in_link(
        make_sign_in_link(person_id, now=timezone.now()), now=timezone.now()
    )
    return client


def processor_seconds(act: Callable[[], object], times: int = 20) -> float:
    """Of one time: what does not depend on what else the machine does."""
    begun = time.process_time()
    for _time in range(times):
        act()
    return (time.process_time() - begun) / times


def timed(client: Client, address: str) -> float:
    """Milliseconds of one whole request, in this process: middleware, view, template."""
    begun = time.perf_counter()
    answer = client.get(address)
    took = 1_000 * (time.perf_counter() - begun)
    assert answer.status_code == 200, (address, answer.status_code)
    return took
