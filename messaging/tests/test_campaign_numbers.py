"""What a business reads of its campaign's counts, and what it can't tell from them."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from unittest import mock

from audience.tests.people import NOW
from messaging.models import CounterDelta
from messaging.models.campaigns import HIDDEN_BELOW
from messaging.services.campaigns import numbers as campaign_numbers
from messaging.services.campaigns.delivery import run_campaign, send_next
from messaging.services.campaigns.numbers import SHOWN, progress_of, shown_counts
from messaging.services.counters import count
from messaging.services.messages import mark_read
from messaging.tests.campaigns import CROWD, NO_HOLD, CampaignCase


class NumbersTests(CampaignCase):
    @NO_HOLD
    def test_counts_move_in_noised_steps_and_small_ones_are_hidden(self):
        campaign = self.launched()
        run_campaign(campaign, now=NOW)
        for person_id in range(1_000_000, 1_000_010):
            mark_read(person_id, self.profile, now=NOW)
        draws = {}
        for _asked in range(3):
            shown = shown_counts(campaign)
            draws.setdefault("sent", set()).add(shown["sent"])
            self.assertIsNone(shown["read"])
            self.assertIsNone(shown["blocked"])
        self.assertEqual(len(draws["sent"]), 1)
        self.assertAlmostEqual(draws["sent"].pop(), CROWD, delta=CROWD // 2)
        self.assertGreaterEqual(HIDDEN_BELOW, 50)

    def watched(self, campaign, events: int, *, draws: Iterable[int]) -> list[int | None]:
        """What somebody sees who looks after each person that reads it."""
        seen = []
        with mock.patch.object(campaign_numbers, "discrete_gaussian", side_effect=draws):
            for _person in range(events):
                count(self.profile, "read", campaign_id=campaign.pk, now=NOW)
                seen.append(shown_counts(campaign)["read"])
        CounterDelta.objects.filter(campaign_id=campaign.pk).delete()
        campaign.noise.all().delete()
        return seen

    def test_who_watches_a_count_move_sees_no_single_person(self):
        """A person more is a step that comes one person earlier: as if another draw had fallen."""
        campaign = self.launched()
        first = [0] * len(SHOWN)
        without = self.watched(campaign, 120, draws=itertools.chain(first, itertools.repeat(0)))
        self.assertEqual([without.index(50), without.index(100)], [49, 99])
        self.assertEqual(set(without), {None, 50, 100})
        first[SHOWN.index("read")] = 1
        with_one = self.watched(campaign, 121, draws=itertools.chain(first, itertools.repeat(0)))
        self.assertEqual(with_one[1:], without)  # the one read first of all

    def test_progress(self):
        campaign = self.launched()
        with NO_HOLD:
            send_next(campaign.pk, now=NOW)
            send_next(campaign.pk, now=NOW + timedelta(seconds=1))
        progress = progress_of(campaign, now=NOW + timedelta(seconds=2))
        self.assertEqual(progress.total, 1024)
        self.assertEqual(progress.percent, 100 * progress.done // 1024)
        self.assertGreater(progress.rate, 0)
        self.assertGreater(progress.left, timedelta(0))
