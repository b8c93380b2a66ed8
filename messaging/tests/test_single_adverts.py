from datetime import timedelta

from django.test import TestCase

from audience.eligibility import claim_advert, week_of
from audience.models import Budget
from audience.services import consent
from audience.tests.people import NOW, make_person
from messaging.services.messages import receive_message, send_message
from messaging.tests.cast import ANA, Cast, make_contact, make_template
from portal.base.refused import Refused


class SingleAdvertTests(Cast, TestCase):
    """What a person set for adverts holds for single ones as for campaigns."""

    def setUp(self):
        make_person(ANA, name="Ana Souza", time_zone="America/Sao_Paulo")  # 9 o'clock there
        make_contact(ANA, self.acme)
        self.template = make_template(self.acme)

    def advertise(self, *, now=NOW):
        return send_message(
            self.profile,
            ANA,
            by=None,
            kind="template",
            body="Sale!",
            template=self.template,
            now=now,
        )

    def refused(self, **options) -> str:
        with self.assertRaises(Refused) as caught:
            self.advertise(**options)
        return caught.exception.code

    def test_the_weekly_budget_is_taken_from_and_kept(self):
        consent.set_budget(ANA, 4)
        self.advertise()
        self.advertise(now=NOW + timedelta(hours=1))
        self.assertEqual(self.refused(now=NOW + timedelta(hours=2)), "advert_limit")
        self.assertEqual(Budget.objects.get(person_id=ANA).n, 2)
        self.advertise(now=NOW + timedelta(days=7))

    def test_a_no_does_not_tell_whether_a_campaign_came(self):
        """Else a business could find out which of its contacts its filters matched."""
        week = week_of(NOW)
        for allowed in (1, 2, 3, 7):
            consent.set_budget(ANA, allowed)
            answers = []
            for by_campaigns in (0, (allowed + 1) // 2):  # none, and all that there can be
                Budget.objects.all().delete()
                if by_campaigns:
                    Budget.objects.create(person_id=ANA, week=week, n=by_campaigns, allowed=allowed)
                answers.append([claim_advert(ANA, now=NOW) for _try in range(allowed + 1)])
            self.assertEqual(*answers)
            self.assertEqual(sum(answers[0]), allowed // 2)

    def test_none_at_night_by_the_persons_own_clock(self):
        consent.set_quiet_hours(ANA, 21, 8)
        self.advertise()
        self.assertEqual(self.refused(now=NOW + timedelta(hours=13)), "advert_limit")  # 22 there

    def test_none_to_who_may_be_a_child(self):
        consent.opt_in(ANA)
        make_person(9, birth_year=None)
        make_contact(9, self.acme)
        with self.assertRaises(Refused):
            send_message(
                self.profile, 9, by=None, kind="template", body="Sale!", template=self.template
            )

    def test_an_answer_in_a_talk_is_no_advert_that_counts(self):
        consent.set_budget(ANA, 0)
        receive_message(ANA, self.profile, body="Any offers?", now=NOW)
        self.advertise(now=NOW + timedelta(minutes=1))
        self.assertFalse(Budget.objects.exists())
