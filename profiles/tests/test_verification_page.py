"""The page on which a business asks to be verified."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase

from profiles.models import VerificationCase
from profiles.services.verification import open_case
from profiles.tests.files import picture
from profiles.tests.people import make_business, person, sign_in, verify

SAID = {
    "legal_name": "Acme Ltd",
    "register_number": "123",
    "country": "BR",
    "address": "Street 1",
    "representative": "Alice",
}


class VerificationPageTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice, cls.mallory = person("alice"), person("mallory")
        cls.acme = make_business("Acme", owner=cls.alice)
        cls.case = open_case(cls.acme, by=cls.alice)

    def post(self, **fields):
        return self.client.post("/w/acme/verification/", fields)

    def paper(self):
        return SimpleUploadedFile("extract.png", picture(), "image/png")

    def test_a_stranger_finds_nothing(self):
        sign_in(self.client, self.mallory)
        self.assertEqual(self.post(do="submit").status_code, 404)

    def test_what_another_business_was_granted_is_not_shown(self):
        verify(make_business("Elsewhere", owner=self.mallory))
        sign_in(self.client, self.alice)
        page = self.client.get("/w/acme/verification/").context
        self.assertEqual((page["verification"], page["case"]), (None, self.case))

    def test_a_file_that_is_chosen_comes_along_when_handing_in(self):
        sign_in(self.client, self.alice)
        self.post(do="submit", kind="register", file=self.paper(), **SAID)
        self.case.refresh_from_db()
        self.assertEqual(self.case.state, VerificationCase.State.SUBMITTED)
        self.assertEqual(self.case.documents.get().name, "extract.png")

    def test_what_is_missing_is_said_beside_its_field_and_the_rest_is_kept(self):
        sign_in(self.client, self.alice)
        response = self.post(do="submit", **SAID | {"address": ""})
        self.assertContains(response, "Still missing: address")
        self.assertFormError(
            response.context["form"], "address", "We need this before you hand in."
        )
        self.case.refresh_from_db()
        self.assertEqual(self.case.legal_name, "Acme Ltd")

    def test_a_file_that_is_no_picture_hands_nothing_in(self):
        sign_in(self.client, self.alice)
        rubbish = SimpleUploadedFile("extract.png", b"rubbish", "image/png")
        response = self.post(do="submit", kind="register", file=rubbish, **SAID)
        self.assertContains(response, "This is not a PDF, PNG or JPEG file")
        self.case.refresh_from_db()
        self.assertEqual(self.case.state, VerificationCase.State.DRAFT)
