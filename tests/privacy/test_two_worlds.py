"""One more person in the audience changes nothing that a business sees, but what noise covers.

Two worlds differ by one person, who gets the campaign, reads it, blocks and reports. In the second
each draw that covers that person is one less. If every number shown passes through those draws, the
worlds look alike to the last byte; whatever counts exactly shows.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain, repeat
from unittest import mock

from django.db import transaction
from django.test import TestCase, override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from audience.models import NoisedCell
from audience.services import snapshots
from messaging.models import Campaign, CounterDelta, WebhookCall, WebhookEvent
from messaging.services.campaigns import numbers as campaign_numbers
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.numbers import SHOWN
from messaging.services.messages import mark_read
from messaging.services.people.blocking import block_profile
from messaging.tests.cast import Cast
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from profiles.models import AuditRow, Notice
from profiles.tests.people import sign_in
from trust.services.evaluation import evaluate

CROWD = 2_000
FIRST, TARGET = 1_000_000, 1_500_000
MOVED = {"sent", "delivered", "read", "blocked"}  # by the target
SKIPPED = {"account_logout", "business_switch"}
CHANGING = re.compile(  # what differs between any two runs
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{16}\b"
    r"|csrfmiddlewaretoken\" value=\"\w+|X-CSRFToken[^}]*|\b\d{12,20}\b"
    r"|sse-connect=\"[^\"]*\"|[\w-]{40,}|\d{4}-\d\d-\d\d[T ][\d:.+Z]*"
    r"|\b\d\d:\d\d\b|just now|\d+ (?:seconds?|mins?|minutes?) ago"
)


class _Undo(Exception):
    pass


class TwoWorldsTests(Cast, TestCase):
    maxDiff = 2_000

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        make_crowd(CROWD, first=FIRST, region="'BR-SP'")
        allow_campaigns(cls.profile)

    def test_a_person_more_is_seen_nowhere(self):
        without, with_target = self.world(is_in=False), self.world(is_in=True)
        self.assertEqual(without.keys(), with_target.keys())
        self.assertGreater(len(without), 15)
        for name, page in without.items():
            with self.subTest(name):
                self.assertEqual(page, with_target[name])

    def test_it_would_be_seen_if_a_count_were_exact(self):
        real = campaign_numbers.shown_counts_of

        def exact(campaigns):
            counts = real(campaigns)
            for campaign in campaigns:
                counts[campaign.pk]["sent"] = campaign_numbers.exact_counts(campaign)["sent"]
            return counts

        with mock.patch.object(campaign_numbers, "shown_counts_of", exact):
            without, with_target = self.world(is_in=False), self.world(is_in=True)
        self.assertNotEqual(without, with_target)

    def world(self, *, is_in: bool) -> dict[str, str]:
        """Everything that Alice sees of a campaign in a world with the target, or without."""
        seen: dict[str, str] = {}
        try:
            # What the target adds comes one person earlier: where the next step lies is one more.
            draws = [1 if is_in and metric in MOVED else 0 for metric in SHOWN]
            noise = mock.patch.object(
                campaign_numbers, "discrete_gaussian", side_effect=chain(draws, repeat(0))
            )
            with noise, transaction.atomic():
                self.play(is_in=is_in)
                seen = dict(self.looks())
                raise _Undo
        except _Undo:
            return seen

    @override_settings(FIRST_BATCH_HOLD=timedelta(0))
    def play(self, *, is_in: bool) -> None:
        now = timezone.now()
        if is_in:
            make_crowd(1, first=TARGET, region="'BR-SP'")
        with mock.patch.object(snapshots, "discrete_laplace", return_value=0):
            count_people(now=now)
        if is_in:  # the draw of the target's cell is one less
            cell = NoisedCell.objects.filter(n=CROWD + 1)
            self.assertEqual(cell.update(n=CROWD), 1)
        row = draft(self.profile, self.alice, audience={"country": "BR", "regions": ["BR-SP"]})
        campaign = launch_campaign(row, by=self.alice, now=now)
        campaign_numbers.shown_counts(campaign)
        run_campaign(campaign, now=now)
        for person_id in [*range(FIRST, FIRST + 300), *([TARGET] if is_in else [])]:
            mark_read(person_id, self.profile, now=now)
        for person_id in [*range(FIRST, FIRST + 60), *([TARGET] if is_in else [])]:
            block_profile(person_id, self.profile, now=now)
        evaluate(self.profile, now=now)
        sent = CounterDelta.objects.filter(campaign_id=campaign.pk, metric="sent")
        self.assertEqual(sum(row.n for row in sent), CROWD + is_in)

    def looks(self) -> Iterable[tuple[str, str]]:
        campaign = Campaign.objects.latest("pk")
        sign_in(self.client, self.alice)
        for name in sorted(pages()):
            yield name, self.page(reverse(name, args=[self.acme.slug]))
        for name in ("campaign", "campaign_csv"):
            yield name, self.page(reverse(name, args=[self.acme.slug, campaign.uuid]))
        yield (
            "webhooks",
            str(
                list(
                    WebhookEvent.objects.filter(business=self.acme)
                    .order_by("pk")
                    .values_list("field", "facts")
                )
                + list(WebhookCall.objects.values_list("pk"))
            ),
        )
        yield (
            "notices",
            stable(str(list(Notice.objects.order_by("pk").values_list("kind", "title", "body")))),
        )
        yield (
            "audit",
            stable(
                str(
                    list(
                        AuditRow.objects.filter(business_id=self.acme.pk)
                        .order_by("pk")
                        .values_list("event", "details")
                    )
                )
            ),
        )

    def page(self, address: str) -> str:
        answer = self.client.get(address)
        self.assertLess(answer.status_code, 500, address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return f"{answer.status_code} {stable(body.decode())}"


def pages() -> set[str]:
    """The names of all pages of a workspace that need its name alone, whoever adds them."""
    found = set()
    for name, possibilities in get_resolver().reverse_dict.lists():
        for patterns, _pattern, _defaults, _converters in possibilities:
            for path, arguments in patterns:
                if isinstance(name, str) and path.startswith("w/") and arguments == ["slug"]:
                    found.add(name)
    return found - SKIPPED


def stable(text: str) -> str:
    return CHANGING.sub("…", text)
