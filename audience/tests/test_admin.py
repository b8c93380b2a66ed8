from django.test import TestCase
from django.urls import reverse

from audience.definition import forbidden_filters
from audience.models import DeviceModel, Filter, FilterRule
from audience.services.devices import load_catalogue
from profiles.models import AuditRow
from profiles.tests.people import person, sign_in, staff

PHONE = {
    "brand": "Acme",
    "name": "One",
    "released": "2026",
    "launch_usd": "100",
    "source": "acme.example",
}


class AudienceAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        DeviceModel.objects.create(code="ACME-1", brand="Acme", name="Won")
        cls.lead = staff("lead", name="lena")

    def url(self, model: str, page="changelist", *args) -> str:
        return reverse(f"admin:audience_{model}_{page}", args=args)

    def test_who_is_not_staff_finds_no_page_and_a_moderator_nothing_here(self):
        sign_in(self.client, person("mallory"))
        self.assertNotEqual(self.client.get(self.url("devicemodel")).status_code, 200)
        sign_in(self.client, staff("moderator", name="mo"))
        self.assertEqual(self.client.get(self.url("devicemodel")).status_code, 403)

    def test_support_looks_but_does_not_change(self):
        sign_in(self.client, staff("support", name="sue"))
        for model in ["devicemodel", "tiercut", "filterrule", "importrun", "snapshot"]:
            self.assertEqual(self.client.get(self.url(model)).status_code, 200, model)
        self.client.post(self.url("devicemodel", "change", "ACME-1"), PHONE)
        self.assertEqual(DeviceModel.objects.get().name, "Won")
        self.assertEqual(self.client.get(self.url("devicemodel", "add")).status_code, 403)

    def test_what_a_lead_corrects_is_recorded_and_stays(self):
        sign_in(self.client, self.lead)
        self.client.post(self.url("devicemodel", "change", "ACME-1"), PHONE)
        phone = DeviceModel.objects.get(code="ACME-1")
        self.assertEqual((phone.name, phone.launch_usd), ("One", 100))
        self.assertIsNotNone(phone.edited_at)
        row = AuditRow.objects.get(event="devicemodel.changed_by_staff")
        self.assertEqual((row.actor, row.object_id), (self.lead, "ACME-1"))
        load_catalogue()
        self.assertEqual(DeviceModel.objects.get(code="ACME-1").name, "One")

    def test_a_lead_adds_a_model(self):
        sign_in(self.client, self.lead)
        self.client.post(self.url("devicemodel", "add"), PHONE | {"code": "ACME-2"})
        self.assertEqual(DeviceModel.objects.get(code="ACME-2").launch_usd, 100)

    def test_a_lead_allows_a_filter_where_the_law_does(self):
        sign_in(self.client, self.lead)
        self.client.post(
            self.url("filterrule", "add"),
            {"country": "BR", "category": "credit", "filter": "age", "allowed": "on"},
        )
        self.assertNotIn(Filter.AGE, forbidden_filters("BR", "credit"))
        rule = FilterRule.objects.get(country="BR")
        self.client.post(self.url("filterrule", "change", rule.pk), {})
        self.assertIn(Filter.AGE, forbidden_filters("BR", "credit"))
