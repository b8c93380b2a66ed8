"""Files: uploaded, sent by id or link, fetched back, forgotten."""

import io
import struct
from datetime import timedelta
from unittest import mock

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import SimpleTestCase, override_settings
from django.utils import timezone
from PIL import Image

from messaging.models import Media, Message
from messaging.services.media import forget_unused_media, store_media
from messaging.services.media_types import without_places
from messaging.services.webhooks.bodies import message_content
from messaging.tests.api import ApiCase
from messaging.tests.receiver import receiving


def picture(form: str = "JPEG", size=(40, 30), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **options)
    return out.getvalue()


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


class MediaCase(ApiCase):
    def upload(self, data: bytes, name: str = "shop.jpg", mime: str = "image/jpeg", **fields):
        file = SimpleUploadedFile(name, data, content_type=mime)
        response = self.client.post(
            f"/v23.0/{self.profile.pk}/media",
            {"messaging_product": "whatsapp", "type": mime, "file": file} | fields,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return response.status_code, response.json()


class MediaTests(MediaCase):
    def test_uploaded_sent_fetched_and_deleted(self):
        status, answer = self.upload(picture())
        self.assertEqual(status, 200, answer)
        media_id = answer["id"]
        status, about = self.call("GET", f"/v23.0/{media_id}?phone_number_id={self.profile.pk}")
        self.assertEqual(about["mime_type"], "image/jpeg")
        self.assertIsInstance(about["file_size"], int)
        self.assertTrue(about["url"].startswith("http://testserver/media/"))
        fetched = self.client.get(about["url"])  # without a token
        data = b"".join(fetched.streaming_content)
        self.assertEqual(len(data), about["file_size"])
        self.assertEqual(Image.open(io.BytesIO(data)).size, (40, 30))
        self.assertEqual(fetched["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", fetched["Content-Security-Policy"])

        status, answer = self.send(type="image", image={"id": media_id, "caption": "Our shop"})
        self.assertEqual(status, 200, answer)
        message = Message.objects.get(person_id=self.from_ana.person_id, kind="image")
        self.assertEqual((message.body, message.content["id"]), ("Our shop", media_id))
        told = message_content(message, self.acme.pk)["image"]
        self.assertEqual((told["id"], told["caption"]), (media_id, "Our shop"))

        self.assertEqual(self.call("DELETE", f"/{media_id}"), (200, {"success": True}))
        self.assertError(self.call("GET", f"/{media_id}"), 400, 100, 33)
        # Who was sent it still has it.
        self.assertTrue(default_storage.exists(Media.objects.get().stored_as))

    def test_what_is_somebody_elses_or_expired_is_not_there(self):
        theirs = store_media(self.elsewhere, picture(), mime="image/jpeg")
        old = store_media(
            self.acme, picture(), mime="image/jpeg", now=timezone.now() - timedelta(days=31)
        )
        for media in (theirs, old):
            self.assertError(self.call("GET", f"/{media.pk}"), 400, 100, 33)
            self.assertError(self.send(type="image", image={"id": str(media.pk)}), 400, 131009)
        mine = store_media(self.acme, picture(), mime="image/jpeg")
        foreign = f"/{mine.pk}?phone_number_id={self.other_profile.pk}"
        self.assertError(self.call("GET", foreign), 400, 100, 33)

    def test_a_link_to_a_file_dies_after_five_minutes(self):
        media = store_media(self.acme, picture(), mime="image/jpeg")
        url = self.call("GET", f"/{media.pk}")[1]["url"]
        with mock.patch("time.time", return_value=timezone.now().timestamp() + 301):
            self.assertEqual(self.client.get(url).status_code, 404)
        self.assertEqual(self.client.get(url + "x").status_code, 404)

    def test_positions_are_taken_out_of_pictures(self):
        exif = Image.Exif()
        exif.get_ifd(0x8825)[1] = "S"
        exif[0x010E] = "canary"
        self.upload(picture(exif=exif))
        stored = default_storage.open(Media.objects.get().stored_as).read()
        self.assertNotIn(b"canary", stored)
        self.assertFalse(Image.open(io.BytesIO(stored)).getexif())

    def test_what_is_not_what_it_says_is_refused(self):
        for data, name, mime in (
            (b"<svg onload=alert(1)>", "x.svg", "image/svg+xml"),
            (b"<html><script>", "x.jpg", "image/jpeg"),
            (b"GIF89a", "x.gif", "image/gif"),
            (b"", "x.jpg", "image/jpeg"),
            (b"MZ\x00", "x.txt", "text/plain"),
            (picture()[:200], "x.jpg", "image/jpeg"),
        ):
            with self.subTest(name):
                self.assertError(self.upload(data, name, mime), 400, 131053)

    def test_a_document_is_offered_to_be_saved_never_shown(self):
        media = store_media(self.acme, b"%PDF-1.4 x", mime="application/pdf", file_name="a b.pdf")
        response = self.client.get(self.call("GET", f"/{media.pk}")[1]["url"])
        self.assertIn("attachment", response["Content-Disposition"])

    def test_a_kind_that_does_not_fit_is_refused(self):
        media = store_media(self.acme, b"%PDF-1.4 x", mime="application/pdf")
        self.assertError(self.send(type="image", image={"id": str(media.pk)}), 400, 131053)
        self.assertError(self.send(type="image", image={}), 400, 131008)
        both = {"id": str(media.pk), "link": "https://example.com/x.pdf"}
        self.assertError(self.send(type="document", document=both), 400, 131008)

    def test_what_nobody_used_is_forgotten(self):
        old = timezone.now() - timedelta(days=31)
        media = store_media(self.acme, picture(), mime="image/jpeg", now=old)
        used = store_media(self.acme, picture(), mime="image/jpeg", now=old)
        Media.objects.filter(pk=used.pk).update(used_at=old)
        self.assertEqual(forget_unused_media(), 1)
        self.assertFalse(default_storage.exists(media.stored_as))
        self.assertTrue(default_storage.exists(used.stored_as))


class LinkTests(MediaCase):
    def test_a_link_is_fetched_once(self):
        with receiving() as server, override_settings(WEBHOOK_ALLOW_LOOPBACK=True):
            server.page = (200, "image/png", picture("PNG"))
            link = {"link": server.url + "/shop.png"}
            for _time in range(2):
                status, answer = self.send(type="image", image=link)
                self.assertEqual(status, 200, answer)
            self.assertEqual(server.gets, 1)
        self.assertEqual(Media.objects.get().file_name, "shop.png")

    def test_links_that_lead_nowhere_or_inside_are_refused(self):
        for link in ("https://127.0.0.1/x.png", "http://example.com/x.png", "ftp://x/y"):
            self.assertError(self.send(type="image", image={"link": link}), 400, 131053)

    def test_a_page_in_the_place_of_a_picture_is_refused(self):
        with receiving() as server, override_settings(WEBHOOK_ALLOW_LOOPBACK=True):
            server.page = (200, "text/html", b"<html>")
            self.assertError(self.send(type="image", image={"link": server.url}), 400, 131053)
            server.page = (302, "text/html", b"")
            self.assertError(self.send(type="image", image={"link": server.url}), 400, 131053)


class FilmTests(SimpleTestCase):
    def test_positions_are_emptied_and_nothing_moves(self):
        place = box(b"\xa9xyz", b"\x00\x12\x15\xc7-23.5505-046.6333/")
        film = (
            box(b"ftyp", b"isom")
            + box(b"moov", box(b"mvhd", b"head") + box(b"udta", place + box(b"name", b"Ana")))
            + box(b"mdat", b"\xa9xyz frames stay")
        )
        cleaned = without_places(film)
        self.assertEqual(len(cleaned), len(film))
        self.assertNotIn(b"-23.5505", cleaned)
        self.assertIn(b"name", cleaned)
        self.assertIn(b"\xa9xyz frames stay", cleaned)
        for end in range(len(film)):  # whatever is cut off, it ends
            without_places(film[:end])
