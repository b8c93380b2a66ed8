"""A verification nears its end, lapses; papers go ninety days after the decision."""

import os
import time
from datetime import timedelta
from unittest import mock

from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from portal.base.sealing import Unreadable
from profiles.models import AuditRow, BusinessKey, Document, Notice, VerificationCase
from profiles.services import documents
from profiles.services.documents import add_document, delete_old_documents, read_page, rotate_key
from profiles.services.terms import lapse_verifications, remind_of_renewal
from profiles.services.verification import approve_case, open_case
from profiles.tests.files import pdf
from profiles.tests.people import make_business, person, staff, verify
from profiles.tests.test_verification import handed_in

MEMORY = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


class RenewalTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.now = timezone.now()
        cls.acme = make_business("Acme")
        verify(cls.acme, now=cls.now)

    def reminded(self) -> int:
        return Notice.objects.filter(kind="verification_ends_soon").count()

    def test_it_is_said_at_90_30_and_7_days_and_once_each(self):
        told = []
        for left in (364, 200, 92, 91, 90, 89, 60, 31, 30, 29, 8, 7, 6, 1):
            for _twice in range(2):
                if remind_of_renewal(now=self.now + timedelta(days=365 - left)):
                    told.append(left)
        self.assertEqual(told, [90, 30, 7])
        self.assertEqual(self.reminded(), 3)

    def test_after_an_outage_only_the_nearest_is_said(self):
        remind_of_renewal(now=self.now + timedelta(days=362))
        self.assertEqual(self.reminded(), 1)
        self.assertIn("3 days", Notice.objects.get(kind="verification_ends_soon").title)
        remind_of_renewal(now=self.now + timedelta(days=363))
        self.assertEqual(self.reminded(), 1)

    def test_who_has_handed_in_is_left_in_peace_and_a_renewal_counts_anew(self):
        later = self.now + timedelta(days=300)
        case = open_case(self.acme, by=person("alice"), now=later)
        self.assertEqual(case.legal_name, "Acme Ltd", "it begins with what is known")
        VerificationCase.objects.filter(pk=case.pk).update(state="submitted", submitted_at=later)
        remind_of_renewal(now=later)
        self.assertEqual(self.reminded(), 0)
        case.refresh_from_db()
        approve_case(case, by=staff("verifier", name="vera"), now=later)
        self.assertEqual(remind_of_renewal(now=later + timedelta(days=30)), 0)
        self.assertEqual(remind_of_renewal(now=later + timedelta(days=276)), 1)

    def test_nobody_renewed_so_it_lapses(self):
        lapse_verifications(now=self.now + timedelta(days=364))
        self.acme.refresh_from_db()
        self.assertTrue(self.acme.is_verified(self.now + timedelta(days=364)))
        self.assertEqual(lapse_verifications(now=self.now + timedelta(days=365)), 1)
        self.assertEqual(lapse_verifications(now=self.now + timedelta(days=366)), 0)
        self.acme.refresh_from_db()
        self.assertIsNone(self.acme.verified_until)


@override_settings(STORAGES=MEMORY)
class PaperTests(TestCase):
    def setUp(self):
        self.now = timezone.now()
        self.alice = person("alice")
        self.acme = make_business("Acme", owner=self.alice)
        self.case = open_case(self.acme, by=self.alice)
        self.paper = add_document(
            self.case, by=self.alice, kind="register", name="a.pdf", size=9, read=lambda: pdf(2)
        )

    def test_they_go_ninety_days_after_the_decision_and_the_hash_stays(self):
        other = handed_in(make_business("Other", owner=person("bob")), by=person("bob"))
        VerificationCase.objects.filter(pk=self.case.pk).update(state="submitted", legal_name="A")
        self.case.refresh_from_db()
        approve_case(self.case, by=staff("verifier", name="vera"), now=self.now)
        paths = [self.paper.page_path(number) for number in (1, 2)]
        self.assertEqual(delete_old_documents(now=self.now + timedelta(days=89)), 0)
        self.assertTrue(all(default_storage.exists(path) for path in paths))
        with self.captureOnCommitCallbacks(execute=True):
            self.assertEqual(delete_old_documents(now=self.now + timedelta(days=90)), 1)
        self.assertFalse(any(default_storage.exists(path) for path in paths))
        self.paper.refresh_from_db()
        self.assertEqual(bytes(self.paper.wrapped_key), b"")
        self.assertEqual(len(self.paper.sha256), 64)
        self.assertTrue(self.case.checks.exists())
        self.assertTrue(AuditRow.objects.filter(event="document.deleted").exists())
        self.assertIsNone(other.documents.get().deleted_at, "undecided: kept")

    def test_with_a_new_key_the_papers_open_and_the_old_key_opens_nothing(self):
        page = read_page(self.paper, number=2)
        old_row = bytes(BusinessKey.objects.get().wrapped_key)
        old_paper = bytes(self.paper.wrapped_key)
        call_command("rotate_document_keys", self.acme.slug, stdout=mock.Mock())
        self.paper.refresh_from_db()
        self.assertEqual(read_page(self.paper, number=2), page)
        for row, paper in (
            (old_row, bytes(self.paper.wrapped_key)),
            (bytes(BusinessKey.objects.get().wrapped_key), old_paper),
        ):
            BusinessKey.objects.update(wrapped_key=row)
            self.paper.wrapped_key = paper
            with self.assertRaises(Unreadable):
                read_page(self.paper, number=2)

    def test_ten_thousand_papers_get_a_new_key_in_seconds(self):
        """The pages are not touched: only 60 bytes a paper are sealed anew."""
        row = BusinessKey.objects.get()
        key = documents._opened(row)
        papers = []
        for n in range(10_000):
            paper = Document(
                case=self.case, kind="tax", name=f"{n}", size=1, uploaded_by=self.alice
            )
            bound_to = documents._bound(paper, self.case, "key")
            paper.wrapped_key = documents.sealing.seal(os.urandom(32), key=key, bound_to=bound_to)
            papers.append(paper)
        Document.objects.bulk_create(papers)
        began = time.perf_counter()
        self.assertEqual(rotate_key(self.acme), 10_001)
        took = time.perf_counter() - began
        print(f"a new key over 10,001 documents: {took:.1f} s")
        self.assertLess(took, 30)
        self.paper.refresh_from_db()
        self.assertTrue(read_page(self.paper, number=1))
