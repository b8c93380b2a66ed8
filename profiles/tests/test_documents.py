"""Papers are redrawn, sealed, seen by verifiers only, and can't be swapped."""

import io
import tempfile
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from portal.base import sealing
from portal.base.refused import Refused
from profiles.models import AuditRow, Document, VerificationCase
from profiles.services.audit import record
from profiles.services.documents import (
    add_document,
    delete_abandoned_documents,
    read_page,
    remove_document,
    view_page,
)
from profiles.services.verification import change_case, open_case, submit_case
from profiles.tests.files import pdf, picture
from profiles.tests.people import make_business, person, sign_in, staff


def add(case, data: bytes, *, name="extract.pdf", kind="register") -> Document:
    return add_document(
        case, by=person("alice"), kind=kind, name=name, size=len(data), read=lambda: data
    )


class DocumentTests(TestCase):
    def setUp(self):
        media = tempfile.TemporaryDirectory()
        self.addCleanup(media.cleanup)
        self.enterContext(override_settings(MEDIA_ROOT=media.name))
        self.alice = person("alice")
        self.acme = make_business("Acme", owner=self.alice)
        self.case = open_case(self.acme, by=self.alice)

    def test_a_pdf_becomes_pages(self):
        document = add(self.case, pdf(pages=3))
        self.assertEqual(document.pages, 3)
        page = Image.open(io.BytesIO(read_page(document, number=3)))
        self.assertEqual((page.format, max(page.size)), ("JPEG", 2000))

    def test_nothing_readable_is_stored(self):
        document = add(self.case, picture())
        stored = default_storage.open(document.page_path(1)).read()
        self.assertNotIn(b"JFIF", stored)
        self.assertNotIn("extract", document.page_path(1))
        with self.assertRaises(sealing.Unreadable):
            sealing.unseal(stored, key=b"0" * 32, bound_to="anything")

    @override_settings(MASTER_KEY="another")
    def test_without_the_master_key_nothing_opens(self):
        with override_settings(MASTER_KEY="the first"):
            document = add(self.case, picture())
        with self.assertRaises(sealing.Unreadable):
            read_page(document, number=1)

    def test_two_pages_swapped_in_storage_are_refused(self):
        document = add(self.case, pdf(pages=2))
        first, second = (document.page_path(number) for number in (1, 2))
        content = default_storage.open(second).read()
        default_storage.delete(first)
        default_storage.save(first, ContentFile(content))
        with self.assertRaises(sealing.Unreadable):
            read_page(document, number=1)

    def test_two_rows_swapped_in_the_database_are_refused(self):
        mine = add(self.case, picture())
        other_case = open_case(make_business("Other", owner=self.alice), by=self.alice)
        theirs = add(other_case, picture(size=(100, 100)))
        for swap in (
            {"folder": theirs.folder},
            {"folder": theirs.folder, "wrapped_key": theirs.wrapped_key},
            {"case": other_case},
            {"uuid": "00000000-0000-4000-8000-000000000000"},
        ):
            with self.subTest(swap=list(swap)):
                row = Document.objects.select_related("case__business").get(pk=mine.pk)
                for field, value in swap.items():
                    setattr(row, field, value)
                with self.assertRaises(sealing.Unreadable):
                    read_page(row, number=1)

    def test_one_flipped_bit_is_refused(self):
        document = add(self.case, picture())
        path = document.page_path(1)
        content = bytearray(default_storage.open(path).read())
        content[100] ^= 1
        default_storage.delete(path)
        default_storage.save(path, ContentFile(bytes(content)))
        with self.assertRaises(sealing.Unreadable):
            read_page(document, number=1)

    def test_wrong_files_are_refused_in_a_sentence(self):
        for data, sentence in [
            (b"not a picture", "This is not a PDF, PNG or JPEG file"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a PDF, PNG or JPEG file"),
            (picture("GIF"), "This is not a PDF, PNG or JPEG file"),
            (pdf(pages=21), "more than 20 pages"),
        ]:
            with self.subTest(sentence), self.assertRaisesMessage(Refused, sentence):
                add(self.case, data)
        self.assertFalse(Document.objects.exists())

    def test_a_file_too_large_is_never_read(self):
        with self.assertRaisesMessage(Refused, "14.0 MB; at most 10 MB"):
            add_document(
                self.case,
                by=self.alice,
                kind="register",
                name="big.pdf",
                size=14 * 2**20,
                read=lambda: self.fail("it was read"),
            )

    def test_a_name_that_walks_folders_is_only_a_name(self):
        document = add(self.case, picture(), name="../../etc/pass\u0000wd\\..\\x.png")
        self.assertEqual(document.name, "x.png")

    def test_a_removed_paper_is_gone_and_its_hash_stays(self):
        document = add(self.case, picture())
        with self.captureOnCommitCallbacks(execute=True):
            gone = remove_document(document, by=self.alice)
        self.assertFalse(default_storage.exists(document.page_path(1)))
        self.assertEqual((bytes(gone.wrapped_key), len(gone.sha256)), (b"", 64))
        with self.assertRaisesMessage(Refused, "deleted"):
            read_page(gone, number=1)

    def test_after_handing_in_papers_stay_as_they_are(self):
        document = add(self.case, picture())
        fields = dict.fromkeys(("register_number", "address", "representative"), "x")
        change_case(self.case, by=self.alice, legal_name="Acme Ltd", **fields)
        submit_case(self.case, by=self.alice)
        self.case.refresh_from_db()
        with self.assertRaisesMessage(Refused, "can't be changed now"):
            remove_document(document, by=self.alice)
        with self.assertRaisesMessage(Refused, "can't be changed now"):
            add(self.case, picture())

    def test_papers_of_an_abandoned_request_are_erased(self):
        """Ninety days without a change; what was typed stays, and the business is told."""
        change_case(self.case, by=self.alice, legal_name="Acme Ltd")
        document, begun = add(self.case, picture()), timezone.now()
        self.assertEqual(delete_abandoned_documents(now=begun + timedelta(days=89)), 0)
        later = begun + timedelta(days=90, minutes=1)
        with self.captureOnCommitCallbacks(execute=True):
            self.assertEqual(delete_abandoned_documents(now=later), 1)

        self.assertFalse(default_storage.exists(document.page_path(1)))
        document.refresh_from_db()
        self.assertEqual((document.deleted_at, bytes(document.wrapped_key)), (later, b""))
        row = AuditRow.objects.get(event="document.abandoned")
        self.assertEqual((row.actor, row.details["document"]), (None, str(document.uuid)))
        self.case.refresh_from_db()
        self.assertEqual((self.case.state, self.case.legal_name), ("draft", "Acme Ltd"))
        self.assertIn("We deleted the papers", self.acme.notices.get().title)
        self.assertEqual(delete_abandoned_documents(now=later), 0)

    def test_what_waits_for_us_or_goes_on_is_not_abandoned(self):
        document, later = add(self.case, picture()), timezone.now() + timedelta(days=91)
        for state in ("submitted", "in_review"):
            VerificationCase.objects.update(state=state)
            self.assertEqual(delete_abandoned_documents(now=later), 0)
        VerificationCase.objects.update(state="needs_information", reason="Which address?")
        row = record(self.case, "case.changed", by=self.alice, fields=[])
        self.assertEqual(delete_abandoned_documents(now=row.at + timedelta(days=90)), 1)
        self.assertTrue(Document.objects.get(pk=document.pk).deleted_at)

    def test_each_look_is_a_row_of_the_audit(self):
        document = add(self.case, picture())
        vera = staff("verifier", name="vera")
        view_page(document, by=vera, number=1)
        row = AuditRow.objects.get(event="document.viewed")
        self.assertEqual((row.actor, row.details["page"]), (vera, 1))


class ViewerTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.media = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.media.cleanup)
        cls.enterClassContext(override_settings(MEDIA_ROOT=cls.media.name))
        alice = person("alice")
        cls.case = open_case(make_business("Acme", owner=alice), by=alice)
        cls.document = add(cls.case, pdf(pages=2))
        cls.case.state = "submitted"
        cls.case.save()
        cls.urls = [
            reverse("admin:case_document", args=[cls.case.pk, cls.document.uuid]),
            reverse("admin:case_document_page", args=[cls.case.pk, cls.document.uuid, 1]),
        ]

    def statuses(self, user) -> list[int]:
        sign_in(self.client, user)
        return [self.client.get(url).status_code for url in self.urls]

    def test_only_verifiers_open_documents(self):
        self.assertEqual(self.statuses(staff("verifier", name="vera")), [200, 200])
        for group in ("moderator", "finance", "support", "lead"):
            with self.subTest(group=group):
                self.assertEqual(self.statuses(staff(group)), [403, 403])
        self.assertEqual(AuditRow.objects.filter(event="document.viewed").count(), 1)

    def test_the_list_of_documents_is_for_verifiers_only(self):
        url = reverse("admin:profiles_verificationcase_change", args=[self.case.pk])
        sign_in(self.client, staff("verifier", name="vera"))
        self.assertContains(self.client.get(url), "extract.pdf")
        sign_in(self.client, staff("support"))
        self.assertNotContains(self.client.get(url), "extract.pdf")

    def test_a_page_is_a_picture_that_nobody_keeps(self):
        sign_in(self.client, staff("verifier", name="vera"))
        response = self.client.get(self.urls[1])
        self.assertEqual(response["Content-Type"], "image/jpeg")
        self.assertIn("no-store", response["Cache-Control"])
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")

    def test_a_document_of_another_case_is_404(self):
        other = open_case(make_business("Other"), by=person("alice"))
        sign_in(self.client, staff("verifier", name="vera"))
        url = reverse("admin:case_document_page", args=[other.pk, self.document.uuid, 1])
        self.assertEqual(self.client.get(url).status_code, 404)
        beyond = reverse("admin:case_document_page", args=[self.case.pk, self.document.uuid, 3])
        self.assertEqual(self.client.get(beyond).status_code, 404)
