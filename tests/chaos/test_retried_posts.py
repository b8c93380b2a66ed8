"""Clients ask again while web servers die: each request has one effect, and one answer."""

import http.client
import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from messaging.models import IdempotentAnswer, Message
from messaging.services.integrators.keys import create_app, create_token
from messaging.services.integrators.sandbox import act, open_sandbox
from messaging.tests.cast import Cast
from portal.base.pairwise import pairwise_number, wa_id
from portal.base.refused import Refused
from portal.base.report import Bar, at_least, report
from tests.chaos.size import FULL, SEED

POSTS = 10_000 if FULL else 60
KILLS = 40 if FULL else 1
CLIENTS = 8
PATIENCE = 60.0  # seconds for one answer of a server that lives

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


class Client:
    """Sends a request until it gets an answer, as integrators do, and notes each answer."""

    def __init__(self, port: int, path: str, key: str) -> None:
        self.port, self.path, self.key = port, path, key
        self.lock, self.over = threading.Lock(), threading.Event()
        self.answers: dict[str, set[str]] = {}
        self.asked = self.broken = 0

    def send(self, name: str, body: dict) -> None:
        """Until 200; and once more, since the answer might have been lost."""
        done = 0
        while done < 2 and not self.over.is_set():
            with self.lock:
                self.asked += 1
            try:
                status, answer = self.post(name, body)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.broken += 1
                self.over.wait(0.05)
                continue
            if status == 200:
                done += 1
                with self.lock:
                    ids = self.answers.setdefault(name, set())
                    ids.add(json.loads(answer)["messages"][0]["id"])
            else:
                assert status in (409, 429, 500, 503), answer
                self.over.wait(0.05)

    def post(self, name: str, body: dict) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {
                "Authorization": f"Bearer {self.key}",
                "Content-Type": "application/json",
                "Host": f"localhost:{self.port}",
                "Idempotency-Key": name,
            }
            connection.request("POST", self.path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def test_each_request_has_one_effect_while_web_servers_die(processes):
    Cast.setUpTestData()
    profile = open_sandbox(Cast.acme, by=Cast.alice)
    people = []
    for person in profile.test_people.all():
        with suppress(Refused):  # one of them blocks the sender
            act(profile, person, "write", text="Hi")
            people.append(person.person_id)
    numbers = [wa_id(pairwise_number(Cast.acme.pk, person_id)) for person_id in people]
    app = create_app(Cast.acme, name="Server", by=Cast.alice)
    key = create_token(app, name="server", by=Cast.alice)[1]
    limits = {"API_CALLS_A_SECOND": "100000"}
    processes.start_web(**limits)
    client = Client(processes.port, f"/v23.0/{profile.pk}/messages", key)
    chance = random.Random(SEED)
    names = [f"request-{n}" for n in range(POSTS)]

    def body(name: str) -> dict:
        to = numbers[names.index(name) % len(numbers)]
        return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": name}}

    kills = 0
    with ThreadPoolExecutor(CLIENTS) as pool:
        futures = [pool.submit(client.send, name, body(name)) for name in names]
        try:
            while not all(future.done() for future in futures):
                wanted = (kills + 1) * POSTS // (KILLS + 1)
                if kills < KILLS and len(client.answers) >= wanted:
                    processes.kill("web")
                    kills += 1
                    client.over.wait(chance.random() / 10)
                    processes.start_web(**limits)
                client.over.wait(0.02)
        finally:
            client.over.set()
        for future in futures:
            future.result()

    out = Message.objects.filter(
        person_id__in=people, direction=Message.Direction.OUT, body__startswith="request-"
    )
    bodies = list(out.values_list("body", flat=True))
    lost, twice = set(names) - set(bodies), len(bodies) - len(set(bodies))
    two_answers = [name for name, ids in client.answers.items() if len(ids) != 1]
    held = report(
        "retried_posts",
        {
            "requests": POSTS,
            "times asked": client.asked,
            "broken off": client.broken,
            "web servers killed": kills,
        },
        {
            "lost": Bar(len(lost), 0, not lost),
            "done twice": Bar(twice, 0, twice == 0),
            "answered otherwise the second time": Bar(len(two_answers), 0, not two_answers),
            "kills in mid request": at_least(client.broken, 1),
        },
        seed=SEED,
    )
    assert held
    assert IdempotentAnswer.objects.count() == POSTS
