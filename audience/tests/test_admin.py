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

    def load(self, lines: str):
        given = {"lines": lines, "_form_submitted": "True"}
        return self.client.post(
            self.url("devicemodel", "load"), given, headers={"HX-Request": "true"}
        )

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

    def test_a_lead_loads_lines_of_csv_whole_or_not_at_all(self):
        sign_in(self.client, self.lead)
        head = "code,brand,name,released,launch_usd,source\n"
        good = 'ACME-1,Acme,One,2026,100,acme.example\nACME-2,Acme,"Two, Plus",,,\n'
        for bad, said in [
            ("ACME-3,Acme,Three,2026,,acme.example", "year, price and their source come together"),
            ("ACME-3,Acme,Three,26,100,acme.example", "line 4"),
            ("ACME-3,Acme,Three,2026,1e3,acme.example", "not a whole number"),
            (",Acme,Three,,,", "code: "),
            ("ACME-2,Acme,Two,,,", "ACME-2 is there twice"),
            ("ACME-3", "1 columns instead of 6"),
        ]:
            answer = self.load(head + good + bad)
            self.assertContains(answer, said)
        self.assertContains(self.load(good), "first line is")
        self.assertEqual(DeviceModel.objects.get().name, "Won")

        for _time in range(2):
            self.assertIn("HX-Redirect", self.load(head + good).headers)
        one, two = DeviceModel.objects.order_by("code")
        self.assertEqual((one.name, one.launch_usd, two.name), ("One", 100, "Two, Plus"))
        rows = AuditRow.objects.filter(event="devicemodel.loaded_by_staff")
        self.assertEqual({row.object_id for row in rows}, {"ACME-1", "ACME-2"})
        self.assertEqual(len(rows), 2)

    def test_support_loads_no_lines(self):
        sign_in(self.client, staff("support", name="sue"))
        self.load("code,brand,name,released,launch_usd,source\nA,A,A,,,")
        self.assertEqual(DeviceModel.objects.count(), 1)

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
