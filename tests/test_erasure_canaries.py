"""People with a canary in every field are erased: not one sings any more. N=1000: a minute."""

import io
import json
import logging
import os
import random

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, models
from django.test import Client, TestCase
from django.utils import timezone

from audience.models import Person, PersonIdRange, PersonKey
from audience.per_person import models_per_person
from audience.services.erasure import erase_person
from messaging.models import Media, Message, WebhookEndpoint, WebhookEvent
from messaging.services.gateway.message_refs import message_ref
from messaging.services.integrators.keys import create_app, create_token
from messaging.services.linking.accounts import agree_to_link
from messaging.services.linking.requests import ask_to_link
from messaging.services.media import forget_unused_media
from messaging.services.messages import send_message
from messaging.services.webhooks.bodies import make_body
from messaging.tests.cast import Cast
from messaging.tests.messengers import make_messenger
from portal.base.pairwise import pairwise_number, wa_id
from tests.test_erasure import VALUES

N = int(os.getenv("N", "100"))
SONG = "cnry"  # in no word of ours
FIRST = 98_765_000_000  # people whose numbers are canaries, too
LIVE = 5  # of them live through everything, by the services themselves


def canary(person_id: int) -> str:
    return f"{SONG}{person_id - FIRST:04d}x"


def filled(model: type[models.Model], person_id: int) -> models.Model:
    """A row about the person with the canary in every text that holds it."""
    song, values = canary(person_id), {}
    for field in model._meta.concrete_fields:
        if field.name == "person_id":
            values[field.name] = person_id
        elif isinstance(field, models.CompositePrimaryKey):
            continue
        elif isinstance(field, models.JSONField):
            values[field.name] = {song: [song, {"deep": song}]}
        elif field.choices:
            if not (field.null or field.has_default()):
                values[field.name] = field.choices[-1][0]
        elif isinstance(field, models.CharField | models.TextField):
            longest = field.max_length or 100
            values[field.name] = song if longest >= len(song) else "x"
        elif not (field.null or field.has_default()):
            values[field.name] = VALUES.get(type(field), 1)
    return model(**values)


def dump() -> dict[str, bytes]:
    """Every table's rows, as `pg_dump` would write them."""
    tables = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind in ('r', 'p')"
            " and relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            with cursor.copy(f'copy "{table}" to stdout') as rows:
                tables[table] = b"".join(rows)
    return tables


def who_sings(*songs: bytes) -> dict[str, int]:
    """Table or file -> how often one of the songs stands in it."""
    found = {table: sum(data.count(song) for song in songs) for table, data in dump().items()}
    for folder, _folders, names in os.walk(settings.MEDIA_ROOT):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                data = path.encode() + file.read()
            found[path] = sum(data.count(song) for song in songs)
    del found["audience_personidrange"]  # the next number to be given: nobody's
    return {where: n for where, n in found.items() if n}


class CanaryTests(Cast, TestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.messenger, cls.papo = make_messenger()
        cls.app = create_app(cls.acme, name="bot", by=cls.alice)
        _token, cls.token = create_token(cls.app, name="t", by=cls.alice)
        WebhookEndpoint.objects.create(app=cls.app, url="https://bot.example/", verify_token="x")

    def setUp(self):
        self.logged = io.StringIO()
        handler = logging.StreamHandler(self.logged)
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)

    def fill(self, n: int) -> list[int]:
        """`n` people with a row in every table about people."""
        people = [FIRST + i for i in range(LIVE, n)]
        for model in models_per_person():
            rows = [filled(model, person_id) for person_id in people]
            if model is Person:
                for row in rows:
                    row.country, row.region, row.time_zone = "BR", "BR-SP", "UTC"
            model.objects.bulk_create(rows)
        PersonKey.objects.bulk_create(
            PersonKey(external_id=canary(person_id), person_id=person_id) for person_id in people
        )
        return people

    def live(self, person_id: int) -> None:
        """All that a person can leave behind, left by the product's own doors."""
        song = canary(person_id)
        line = {"external_id": song, "name": f"Ana {song}", "country": "BR", "device": song}
        self.assertEqual(self.papo.load(line).json()["added"], 1)
        self.assertEqual(PersonKey.objects.get(external_id=song).person_id, person_id)

        who = {"person": song}
        told = self.papo.tell(
            {"id": f"{song}1", "type": "message", "profile": "acme", "text": f"I am {song}", **who}
        )
        self.assertEqual(told[0]["result"], "done", told)
        sent = send_message(
            self.profile, person_id, by=self.bob, body=f"Hello {song}!", now=timezone.now()
        )
        ref = message_ref(person_id, sent.id)
        about = {"profile": "acme", "message": ref, "text": f"says {song}", **who}
        told = self.papo.tell(
            {"id": f"{song}2", "type": "read", "message": ref, **who},
            {"id": f"{song}3", "type": "report", "reason": "scam", **about},
            {"id": f"{song}4", "type": "opt_in", "text": song, **who},
        )
        self.assertEqual({one["result"] for one in told}, {"done"}, told)
        number = wa_id(pairwise_number(self.acme.pk, person_id))
        answer = Client().post(
            f"/v23.0/{self.profile.pk}/messages",
            json.dumps(
                {
                    "messaging_product": "whatsapp",
                    "to": number,
                    "type": "text",
                    "text": {"body": f"From the bot to {song}"},
                }
            ),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        self.assertEqual(answer.status_code, 200, answer.content)
        link = self.papo.post("sessions", who).json()["url"].removeprefix(settings.SITE_URL)
        browser = Client(headers={"User-Agent": f"Phone of {song}"})
        browser.get(link)
        self.assertEqual(browser.get("/m/c/acme/").status_code, 200)
        self.link(person_id, song)
        media = Media.objects.create(
            business=self.acme,
            person_id=person_id,
            source=Media.Source.PERSON,
            kind=Media.Kind.IMAGE,
            mime_type="image/png",
            file_name=f"{song}.png",
            size=1,
            sha256="0",
            stored_as=default_storage.save(f"media/{song}", ContentFile(f"me: {song}".encode())),
            used_at=timezone.now(),
            expires_at=timezone.now(),
        )
        Message.objects.filter(person_id=person_id, direction="in").update(
            content={"id": str(media.pk), "caption": song}
        )
        for event in WebhookEvent.objects.filter(person_id=person_id):
            WebhookEvent.objects.filter(pk=event.pk).update(body=make_body(event))

    def link(self, person_id: int, song: str) -> None:
        asked = ask_to_link(
            self.profile, by=self.alice, nonce=f"n-{song}", reference=song, account_name=song
        )
        agree_to_link(asked[1], person_id, alerts=True, adverts=False)

    def test_nothing_is_left_in_database_media_logs_and_exports(self):
        songs = [SONG.encode(), str(FIRST)[:8].encode()]
        silent = who_sings(*songs)
        PersonIdRange.objects.update_or_create(id=1, defaults={"next_id": FIRST})
        people = [FIRST + i for i in range(LIVE)]
        for person_id in people:
            self.live(person_id)
        people += self.fill(N)
        sung = who_sings(*songs)
        self.assertGreater(len(sung), len(models_per_person()) + LIVE)
        self.assertGreater(sum(sung.values()), 20 * N)

        random.Random(1).shuffle(people)
        self.assertGreater(
            self.papo.post("erasures", {"person": canary(people[0])}).json()["erased"], 0
        )
        out = io.StringIO()
        call_command("erase_person", canary(people[1]), stdout=out)
        for person_id in people[2:]:
            erase_person(person_id)
        forget_unused_media()

        self.assertEqual(who_sings(*songs), silent)
        self.assertNotIn(SONG, self.logged.getvalue())
        self.assertEqual(self.exported(), {})
        print(f"{N:,} people erased: {sum(sung.values()):,} canaries in {len(sung)} places, then 0")

    def exported(self) -> dict[str, int]:
        """Page or file -> canaries, of what a business can look at and take away."""
        owner = Client()
        owner.force_login(self.alice)
        pages = [
            f"/w/acme/{page}" for page in ("inbox/", "contacts/", "contacts.csv", "developers/")
        ]
        found = {page: owner.get(page, follow=True).content.decode() for page in pages}
        found["export"] = self.papo.post("exports", {"person": canary(FIRST)}).content.decode()
        return {page: text.count(SONG) for page, text in found.items() if SONG in text}
