from datetime import timedelta

from django.test import TestCase

from portal.base.refused import Refused
from profiles.models import AuditRow, Notice, Profile
from profiles.tests.people import staff, verified_profile
from trust.models import Reading
from trust.services.caps import raise_caps, set_cap, step_above, step_below
from trust.tests.acts import DAY, NOW


class CapTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        Profile.objects.filter(pk=cls.acme.pk).update(created_at=NOW - 90 * DAY)

    def cap(self) -> int | None:
        return Profile.objects.get(pk=self.acme.pk).daily_cap

    def days(self, number: int, *, delivered=125, quality="green", before=0) -> None:
        for day in range(number):
            Reading.objects.create(
                profile=self.acme,
                day=(NOW - timedelta(days=1 + before + day)).date(),
                evidence=0,
                score=0.001,
                quality=quality,
                standing="clear",
                delivered=delivered,
                cap=250,
            )

    def test_the_steps_are_the_published_ones(self):
        self.assertEqual(
            [step_above(c) for c in (250, 2_000, 10_000, 100_000, None)],
            [2_000, 10_000, 100_000, None, None],
        )
        self.assertEqual(
            [step_below(c) for c in (None, 100_000, 10_000, 2_000, 250)],
            [100_000, 10_000, 2_000, 250, 250],
        )
        self.assertEqual((step_above(5_000), step_below(5_000)), (10_000, 2_000))

    def test_seven_green_days_at_half_the_cap_earn_a_step(self):
        self.days(6)
        self.assertEqual(raise_caps(now=NOW), 0)
        self.days(1, before=6)
        self.assertEqual(raise_caps(now=NOW), 1)
        self.assertEqual(self.cap(), 2_000)
        self.assertIn("2,000", Notice.objects.get(kind="cap.raised").body)

    def test_the_same_days_earn_it_once(self):
        self.days(14)
        raise_caps(now=NOW)
        self.assertEqual(raise_caps(now=NOW), 0)

    def test_little_used_days_earn_nothing(self):
        self.days(20, delivered=124)
        self.assertEqual(raise_caps(now=NOW), 0)

    def test_a_yellow_day_begins_the_count_anew(self):
        self.days(3)
        self.days(1, quality="yellow", before=3)
        self.days(10, before=4)
        self.assertEqual(raise_caps(now=NOW), 0)

    def test_a_warned_profile_earns_nothing(self):
        self.days(10)
        Profile.objects.filter(pk=self.acme.pk).update(standing="warned")
        self.assertEqual(raise_caps(now=NOW), 0)

    def test_staff_may_set_another_and_it_is_audited(self):
        mo = staff("lead", name="mo")
        with self.assertRaises(Refused):
            set_cap(self.acme, cap=None, by=mo, reason="")
        set_cap(self.acme, cap=50_000, by=mo, reason="A bank we know")
        self.assertEqual(self.cap(), 50_000)
        self.assertEqual(
            AuditRow.objects.get(event="profile.cap_set").details,
            {"old": 250, "new": 50_000, "reason": "A bank we know"},
        )
