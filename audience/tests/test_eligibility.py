from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.test import TestCase, override_settings
from psycopg.sql import SQL, Literal

from audience.definition import AudienceDefinition
from audience.eligibility import adverts_allowed, claim_budgets, eligible, week_of
from audience.models import Budget, Consent, Person
from audience.services import consent
from audience.tests.people import NOW, make_person

ACME, KITE = 7, 8  # businesses
ACME_SHOP, KITE_DEALS = 70, 80  # their profiles
BRAZIL = AudienceDefinition("BR")


def reached(
    definition=BRAZIL,
    *,
    profile_id=ACME_SHOP,
    business_id=ACME,
    message_class="marketing",
    topics=(),
    now=NOW,
) -> set[int]:
    conditions = eligible(
        definition,
        profile_id=profile_id,
        business_id=business_id,
        message_class=message_class,
        topics=topics,
        now=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            b"SELECT p.person_id FROM audience_person p WHERE "
            + conditions.as_bytes(connection.connection)
        )
        return {person_id for (person_id,) in cursor.fetchall()}


class WhoMatchesTests(TestCase):
    def test_minors_and_unknown_ages_are_never_reached(self):
        make_person(1, birth_year=NOW.year - 19)  # certainly 18
        make_person(2, birth_year=NOW.year - 18)  # may still be 17
        make_person(3, birth_year=None)
        make_person(4, birth_year=NOW.year - 12)
        for message_class in ["marketing", "service", "critical"]:
            self.assertEqual(reached(message_class=message_class), {1}, message_class)
        self.assertEqual(reached(None), {1})

    def test_only_people_of_the_country_region_age_and_phone_match(self):
        make_person(1)
        make_person(2, country="IN", region="IN-MH")
        make_person(3, region="BR-RJ")
        make_person(4, birth_year=1950)
        make_person(5, tier=Person.Tier.ENTRY)
        make_person(6, tier=None)
        self.assertEqual(
            reached(
                AudienceDefinition(
                    "BR", regions=("BR-SP",), age_from=25, age_until=39, tiers=("middle", "premium")
                )
            ),
            {1},
        )

    def test_an_age_band_holds_both_its_edges(self):
        for person_id, age in enumerate([24, 25, 29, 30], start=1):
            make_person(person_id, birth_year=NOW.year - 1 - age)
        self.assertEqual(reached(AudienceDefinition("BR", age_from=25, age_until=29)), {2, 3})

    def test_an_audience_by_phone_never_reaches_who_switched_it_off(self):
        make_person(1)
        consent.switch_off_tier(1)
        self.assertEqual(reached(AudienceDefinition("BR", tiers=tuple(Person.Tier.values))), set())
        self.assertEqual(reached(), {1})


class WhoSaidNoTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_person(1)
        make_person(2)

    def test_nothing_reaches_who_blocked_the_profile(self):
        consent.block(1, ACME_SHOP)
        for message_class in ["marketing", "service", "critical"]:
            self.assertEqual(reached(message_class=message_class), {2}, message_class)
        self.assertEqual(reached(profile_id=KITE_DEALS, business_id=KITE), {1, 2})

        consent.unblock(1, ACME_SHOP)
        self.assertEqual(reached(), {1, 2})

    def test_no_advert_reaches_who_opted_out_but_alerts_do(self):
        consent.opt_out(1)
        self.assertEqual(reached(), {2})
        self.assertEqual(reached(message_class="service"), {1, 2})

        consent.opt_in(1)
        self.assertEqual(reached(), {1, 2})

    def test_no_advert_reaches_who_never_said_yes(self):
        make_person(3, marketing=False)
        self.assertEqual(reached(), {1, 2})

    def test_a_no_in_the_consent_rows_wins_over_a_stale_copy(self):
        consent.opt_out(1)
        Person.objects.filter(person_id=1).update(marketing=True)
        self.assertEqual(reached(), {2})

    def test_a_muted_business_sends_no_adverts_and_others_do(self):
        consent.mute(1, ACME)
        self.assertEqual(reached(), {2})
        self.assertEqual(reached(message_class="service"), {1, 2})
        self.assertEqual(reached(profile_id=KITE_DEALS, business_id=KITE), {1, 2})

        consent.unmute(1, ACME)
        self.assertEqual(reached(), {1, 2})

    def test_alerts_that_are_off_stay_off_except_critical_ones(self):
        consent.answer(1, Consent.Kind.BUSINESS_ALERTS, granted=False, business_id=ACME)
        self.assertEqual(reached(message_class="service"), {2})
        self.assertEqual(reached(message_class="critical"), {1, 2})

    def test_quiet_hours_follow_the_persons_own_clock(self):
        make_person(3, time_zone="Asia/Kolkata")
        for person_id in (1, 3):
            consent.set_quiet_hours(person_id, 22, 7)

        def at(hour):  # UTC; São Paulo is at -3, Kolkata at +5:30
            return datetime(2026, 11, 23, hour, 0, tzinfo=UTC)

        self.assertEqual(reached(now=at(15)), {1, 2, 3})  # 12:00 and 20:30
        self.assertEqual(reached(now=at(17)), {1, 2})  # 14:00 and 22:30
        self.assertEqual(reached(now=at(1)), {2})  # 22:00 and 06:30
        self.assertEqual(reached(now=at(2)), {2, 3})  # 23:00 and 07:30
        self.assertEqual(reached(now=at(10)), {1, 2, 3})  # 07:00 and 15:30
        self.assertEqual(reached(now=at(1), message_class="service"), {1, 2, 3})

    def test_quiet_hours_within_a_day_do_not_span_midnight(self):
        consent.set_quiet_hours(1, 13, 15)
        self.assertEqual(reached(now=datetime(2026, 11, 23, 15, 59, tzinfo=UTC)), {1, 2})
        self.assertEqual(reached(now=datetime(2026, 11, 23, 16, 0, tzinfo=UTC)), {2})
        self.assertEqual(reached(now=datetime(2026, 11, 23, 18, 0, tzinfo=UTC)), {1, 2})


class BudgetTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        for person_id in (1, 2, 3):
            make_person(person_id)

    def claim(self, *person_ids: int, now=NOW) -> list[int]:
        with connection.cursor() as cursor:
            chunk = SQL(
                "CREATE TEMP TABLE chunk AS SELECT p.person_id, {} AS allowed"
                " FROM audience_person p WHERE p.person_id = ANY({})"
            ).format(adverts_allowed(), Literal(list(person_ids)))
            cursor.execute(chunk.as_bytes(connection.connection))
            cursor.execute(claim_budgets(now=now).as_bytes(connection.connection))
            rows = cursor.fetchall()
            cursor.execute("DROP TABLE chunk")
        return sorted(person_id for (person_id,) in rows)

    def test_a_person_gets_no_more_adverts_a_week_than_they_allow(self):
        consent.set_budget(1, 4)  # two of them are kept for single messages
        self.assertEqual(self.claim(1), [1])
        self.assertEqual(self.claim(1), [1])
        self.assertEqual(self.claim(1, 2), [2])
        self.assertEqual(self.claim(1, now=NOW + timedelta(days=7)), [1])

    def test_a_budget_of_none_gets_none(self):
        consent.set_budget(1, 0)
        self.assertEqual(self.claim(1, 2), [2])

    @override_settings(ADS_PER_WEEK=1)
    def test_who_chose_nothing_gets_the_platforms_number(self):
        self.assertEqual(self.claim(1), [1])
        self.assertEqual(self.claim(1), [])

    def test_a_lowered_budget_holds_at_once(self):
        self.assertEqual(self.claim(1), [1])
        consent.set_budget(1, 1)
        self.assertEqual(self.claim(1), [])

    def test_the_database_refuses_to_overdraw_a_budget(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            Budget.objects.create(person_id=1, week=week_of(NOW), n=3, allowed=2)

    def test_weeks_are_those_of_the_iso_calendar(self):
        self.assertEqual(week_of(datetime(2027, 1, 1, tzinfo=UTC)), 202653)
        self.assertEqual(week_of(NOW), 202648)
