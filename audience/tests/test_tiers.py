import io
from unittest import mock

from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from audience.models import DeviceModel, DeviceTier, Person, TierCut
from audience.services import consent, tiers
from audience.services.devices import load_catalogue
from audience.services.people import import_people
from audience.services.tiers import latest_cuts, refresh_tiers
from audience.tests.people import NOW, make_person


def make_device(code: str, usd: int | None, year: int | None = NOW.year) -> None:
    DeviceModel.objects.create(
        code=code,
        brand="Brand",
        name=code,
        launch_usd=usd,
        released=year if usd else None,
        source="a test" if usd else "",
    )


class CatalogueTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        load_catalogue()

    def test_it_knows_the_codes_of_the_lists_with_our_prices(self):
        phone = DeviceModel.objects.get(code="SM-A145M")
        self.assertEqual((phone.brand, phone.name), ("Samsung", "Galaxy A14"))
        self.assertEqual((phone.released, phone.launch_usd), (2023, 169))
        iphone = DeviceModel.objects.get(code="iPhone14,5")
        self.assertEqual((iphone.name, iphone.launch_usd), ("iPhone 13", 799))
        self.assertEqual(DeviceModel.objects.get(code="iPhone17,1").name, "iPhone 16 Pro")
        self.assertEqual(DeviceModel.objects.get(code="moto g54 5G").launch_usd, 193)
        self.assertGreater(DeviceModel.objects.count(), 30_000)
        self.assertGreater(DeviceModel.objects.exclude(launch_usd=None).count(), 800)

    def test_every_fact_belongs_to_some_code(self):
        from audience.services import devices

        priced = set(DeviceModel.objects.exclude(launch_usd=None).values_list("brand", "name"))
        keys = {devices._key(brand, name) for brand, name in priced}
        for row in devices._read(devices.FACTS):
            self.assertIn(devices._key(row["brand"], row["name"]), keys)

    def test_loading_again_changes_nothing_and_keeps_what_staff_edited(self):
        DeviceModel.objects.filter(code="SM-A145M").update(launch_usd=1, edited_at=timezone.now())
        DeviceModel.objects.filter(code="SM-A145F").update(launch_usd=1)
        self.assertEqual(load_catalogue(), 1)
        self.assertEqual(DeviceModel.objects.get(code="SM-A145M").launch_usd, 1)
        self.assertEqual(DeviceModel.objects.get(code="SM-A145F").launch_usd, 169)

    def test_the_database_refuses_a_price_without_year_or_source(self):
        for change in [{"released": None}, {"source": ""}, {"launch_usd": None}]:
            with self.assertRaises(IntegrityError), transaction.atomic():
                DeviceModel.objects.filter(code="SM-A145M").update(**change)


class RefreshTiersTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        for code, usd in {"cheap": 100, "fair": 300, "fine": 900}.items():
            make_device(code, usd)
        make_device("nameless", None)
        for person_id, device in enumerate(["cheap", "fair", "fine"] * 2, start=1):
            make_person(person_id, device=device, tier=None)

    def tiers(self) -> list[str | None]:
        return list(Person.objects.order_by("person_id").values_list("tier", flat=True))

    def test_people_fall_into_thirds_of_their_countrys_devices(self):
        self.assertEqual(refresh_tiers(now=NOW), 6)
        self.assertEqual(self.tiers(), ["entry", "middle", "premium"] * 2)
        cut = TierCut.objects.get()
        self.assertEqual((cut.entry_until, cut.middle_until), (100, 300))
        self.assertEqual((cut.people, cut.with_price), (6, 6))

    def test_the_same_phone_may_be_of_another_tier_in_another_country(self):
        for person_id in range(11, 17):
            make_person(person_id, country="IN", device=["fair", "fine"][person_id > 11], tier=None)
        refresh_tiers(now=NOW)
        self.assertEqual(DeviceTier.objects.get(country="BR", code="fair").tier, "middle")
        self.assertEqual(DeviceTier.objects.get(country="IN", code="fair").tier, "entry")

    def test_a_phone_loses_a_quarter_of_its_value_each_year(self):
        make_device("old and fine", 900, NOW.year - 6)  # $160.18 today
        for person_id in (7, 8):
            make_person(person_id, device="old and fine", tier=None)
        refresh_tiers(now=NOW)
        self.assertEqual(str(latest_cuts()["BR"].entry_until), "160.18")

    def test_unknown_devices_have_no_tier_and_are_counted_as_such(self):
        make_person(7, device="nameless", tier="entry")
        make_person(8, device="never heard of", tier="entry")
        make_person(9, device="", tier=None)
        refresh_tiers(now=NOW)
        self.assertEqual(self.tiers()[6:], [None, None, None])
        cut = TierCut.objects.get()
        self.assertEqual((cut.people, cut.with_price), (8, 6))

    def test_what_a_person_corrected_or_switched_off_stays(self):
        consent.correct_tier(1, "premium")
        consent.switch_off_tier(2)
        refresh_tiers(now=NOW)
        self.assertEqual(self.tiers()[:3], ["premium", None, "premium"])

    def test_a_second_run_moves_nobody(self):
        refresh_tiers(now=NOW)
        self.assertEqual(refresh_tiers(now=NOW), 0)
        self.assertEqual(TierCut.objects.count(), 2)

    def test_it_works_in_batches_that_cover_every_bucket(self):
        with mock.patch.object(tiers, "BATCH", 2):
            self.assertEqual(refresh_tiers(now=NOW), 6)
        for people in (0, 5, 10_000, 12_345_678, 10**9):
            ranges = list(tiers._bucket_ranges(people))
            self.assertEqual([ranges[0][0], ranges[-1][1]], [0, 1024])
            for (_, end), (first, _) in zip(ranges, ranges[1:], strict=False):
                self.assertEqual(end, first)

    def test_who_comes_later_gets_a_tier_at_once_and_a_new_phone_changes_it(self):
        refresh_tiers(now=NOW)
        header = b"external_id,country,device\n"
        import_people(io.BytesIO(header + b"new,BR,fine\nuser-1,BR,fair\n"), now=NOW)
        self.assertEqual(Person.objects.get(external_id="new").tier, "premium")
        self.assertEqual(Person.objects.get(person_id=1).tier, "middle")
        consent.switch_off_tier(1)
        import_people(io.BytesIO(header + b"user-1,BR,fine\n"), now=NOW)
        self.assertIsNone(Person.objects.get(person_id=1).tier)
