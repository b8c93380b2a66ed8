from unittest import mock

from django.test import TestCase
from django.urls import reverse

from audience.models import NoisedCell, SavedAudience
from audience.services import snapshots
from audience.services.snapshots import take_snapshot
from audience.tests.people import NOW
from profiles.models import AuditRow, Membership
from profiles.tests.people import make_business, member, person, sign_in

CHOSEN = {"country": "BR", "regions": ["BR-SP"], "age_from": "25", "age_until": "39"}


HTMX = {"hx-request": "true"}


class AudiencePagesTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice, cls.mallory = person("alice"), person("mallory")
        cls.acme = make_business("Acme", owner=cls.alice, country="BR")
        make_business("Evil", owner=cls.mallory)
        with mock.patch.object(snapshots, "discrete_laplace", return_value=0):
            take_snapshot(now=NOW, only=["BR", "IN"])
        NoisedCell.objects.filter(region="BR-SP", band__lt=8, tier="middle").update(n=2_000)

    def setUp(self):
        sign_in(self.client, self.alice)

    def url(self, name="audience_new", **kwargs) -> str:
        return reverse(name, kwargs={"slug": "acme"} | kwargs)

    def saved(self, name="Young São Paulo") -> SavedAudience:
        self.client.post(self.url(), CHOSEN | {"name": name})
        return SavedAudience.objects.get(name=name)

    def test_strangers_find_nothing(self):
        saved = self.saved()
        sign_in(self.client, self.mallory)
        for name, kwargs in [
            ("audiences", {}),
            ("audience_new", {}),
            ("audience_estimate", {}),
            ("audience", {"uuid": saved.uuid}),
        ]:
            self.assertEqual(self.client.get(self.url(name, **kwargs)).status_code, 404, name)
        for name in ["audience", "audience_delete"]:
            url = self.url(name, uuid=saved.uuid)
            self.assertEqual(self.client.post(url, CHOSEN).status_code, 404, name)
        self.assertEqual(self.client.post(self.url(), CHOSEN | {"name": "x"}).status_code, 404)
        own = reverse("audience", kwargs={"slug": "evil", "uuid": saved.uuid})
        self.assertEqual(self.client.get(own).status_code, 404)

    def test_agents_may_not_and_analysts_may_only_look(self):
        for role, seen, made in [
            (Membership.Role.AGENT, 403, 403),
            (Membership.Role.ANALYST, 200, 403),
        ]:
            sign_in(self.client, member(self.acme, role))
            self.assertEqual(self.client.get(self.url("audiences")).status_code, seen)
            self.assertEqual(self.client.get(self.url("audience_estimate")).status_code, seen)
            self.assertEqual(self.client.get(self.url()).status_code, made)

    def test_the_builder_begins_with_the_businesss_own_country(self):
        page = self.client.get(self.url())
        self.assertContains(page, "You never see who they are.")
        self.assertContains(page, "at-br-sp")
        self.assertContains(page, "16,000–17,000")

    def test_what_is_chosen_is_in_the_address(self):
        page = self.client.get(self.url(), CHOSEN)
        self.assertContains(page, 'value="BR-SP" checked')
        self.assertContains(page, "6,000–6,100")

    def test_each_change_is_answered_with_the_estimate_alone(self):
        answer = self.client.get(self.url("audience_estimate"), CHOSEN, headers=HTMX)
        self.assertContains(answer, "6,000–6,100")
        self.assertNotContains(answer, "<html")
        self.assertNotContains(answer, "disabled")

    def test_too_few_people_disable_the_button_and_say_why(self):
        few = CHOSEN | {"regions": ["BR-AC"]}
        for page in [
            self.client.get(self.url(), few),
            self.client.get(self.url("audience_estimate"), few, headers=HTMX),
        ]:
            self.assertContains(page, "fewer than 1,000")
            self.assertContains(page, "at least 1,000 people")
            self.assertContains(page, "disabled")
        page = self.client.post(self.url(), few | {"name": "Few"})
        self.assertContains(page, "at least 1,000 people")
        self.assertFalse(SavedAudience.objects.exists())

    def test_sensitive_categories_show_no_filters(self):
        page = self.client.get(self.url(), {"country": "BR", "category": "credit"})
        self.assertContains(page, "choose nobody by region, age or phone")
        self.assertNotContains(page, 'name="regions"')
        answer = self.client.get(self.url("audience_estimate"), CHOSEN | {"category": "credit"})
        self.assertContains(answer, "may not choose people by region, age")

    def test_nonsense_is_a_sentence_and_never_an_error(self):
        for bad in [
            {"country": "xx"},
            {"country": "BR", "regions": ["'; DROP TABLE"]},
            {"age_from": "-1"},
            {"age_from": "9" * 5_000},
            {"age_until": "38"},
            {"tiers": "gold"},
            {"category": "\u2028"},
        ]:
            for url in [self.url(), self.url("audience_estimate")]:
                self.assertEqual(self.client.get(url, CHOSEN | bad).status_code, 200, bad)

    def test_saving_keeps_the_definition_under_its_name_and_records_it(self):
        saved = self.saved()
        self.assertEqual(saved.definition["age_until"], 39)
        self.assertEqual(saved.created_by, self.alice)
        self.assertEqual(AuditRow.objects.get(event="audience.saved").actor, self.alice)
        self.assertContains(self.client.get(self.url("audiences")), "Young São Paulo")

    def test_a_name_is_needed_and_used_once(self):
        self.saved()
        page = self.client.post(self.url(), CHOSEN | {"name": "Young São Paulo"})
        self.assertContains(page, "You have an audience called")
        self.assertContains(self.client.post(self.url(), CHOSEN | {"name": " "}), "a name")
        self.assertEqual(SavedAudience.objects.count(), 1)

    def test_a_saved_audience_is_changed_and_deleted(self):
        saved = self.saved()
        url = self.url("audience", uuid=saved.uuid)
        self.assertContains(self.client.get(url), 'value="BR-SP" checked')
        self.client.post(url, CHOSEN | {"age_until": "", "name": "Grown up"})
        saved.refresh_from_db()
        self.assertEqual((saved.name, saved.definition["age_until"]), ("Grown up", None))
        self.client.post(self.url("audience_delete", uuid=saved.uuid))
        self.assertFalse(SavedAudience.objects.exists())
        self.assertEqual(
            list(AuditRow.objects.filter(event__startswith="audience.").values_list("event")),
            [("audience.saved",), ("audience.changed",), ("audience.deleted",)],
        )

    def test_before_the_first_count_the_pages_say_so(self):
        self.saved()
        NoisedCell.objects.all().delete()
        snapshots.Snapshot.objects.all().delete()
        self.assertContains(self.client.get(self.url()), "not been counted yet")
        self.assertContains(self.client.get(self.url("audiences")), "Needs a change")
