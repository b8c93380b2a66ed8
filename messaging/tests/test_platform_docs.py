"""Each call in docs/platform.md does what it says."""

import io
import re
import shlex

from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client, TestCase

from audience.models import Block, Person
from messaging.models import Member, Message
from messaging.services.gateway.messenger_events import EFFECTS, RECEIPTS
from messaging.services.gateway.messengers import create_key
from messaging.tests.cast import Cast, make_business
from messaging.tests.crowd import make_crowd
from messaging.tests.messengers import make_messenger

DOCS = (settings.BASE_DIR / "docs/platform.md").read_text()


def calls() -> list[str]:
    """The curl commands of the page, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCS, flags=re.S)
    return [f"curl{call}" for block in blocks for call in re.split(r"^curl", block, flags=re.M)[1:]]


def run(command: str, key: str):
    """The call that a shell and curl would make."""
    words = shlex.split(command.replace("$SIGNET", "/platform/v1").replace("$KEY", key))
    path, headers, body = words[1], {}, None
    for name, value in zip(words[2::2], words[3::2], strict=True):
        if name == "-H":
            header, _colon, said = value.partition(": ")
            headers[header] = said
        else:
            assert name in ("-d", "--data-binary"), name
            body = value
    kind = headers.pop("Content-Type", "")
    client = Client(headers=headers)
    if body is None:
        return client.get(path)
    return client.post(path, body, content_type=kind)


class PlatformDocsTests(Cast, TestCase):
    def test_every_call_works_in_its_order(self):
        make_business("banco_ipe")
        messenger, _papo = make_messenger()
        _key, raw = create_key(messenger, name="docs", by=None)
        answers = [(call, run(call, raw)) for call in calls()]
        self.assertEqual(len(answers), 8)
        for call, answer in answers:
            self.assertIn(answer.status_code, (200, 201), f"{call}\n{answer.content!r}")
        said = [answer.json() for _call, answer in answers]
        self.assertEqual((said[0]["added"], said[0]["rejected"]), (2, 0))
        self.assertEqual({one["result"] for one in said[3]["results"]}, {"done"})
        self.assertEqual((said[4]["blocked"], said[4]["marketing"]), (["banco_ipe"], False))
        self.assertEqual([one["handle"] for one in said[5]["results"]], ["banco_ipe"])
        self.assertIn("messaging_message", said[6])
        self.assertGreater(said[7]["erased"], 5)
        self.assertEqual(Person.objects.get().external_id, "u-2")
        self.assertFalse(Message.objects.exists() or Block.objects.exists())

    def test_the_table_has_every_type_of_event(self):
        table = DOCS.split("| type |")[1].split("\n\n")[0]
        named = set(re.findall(r"^\| (.+?) \|", table, flags=re.M))
        types = {name.strip("`") for cell in named for name in cell.split(", ")} - {"---"}
        self.assertEqual(types, {*RECEIPTS, *EFFECTS})

    def test_people_of_the_command_line_join(self):
        messenger, _papo = make_messenger()
        make_crowd(20)
        out = io.StringIO()
        call_command("join_messenger", "Papo", stdout=out, stderr=io.StringIO())
        self.assertIn("20 people joined Papo", out.getvalue())
        self.assertEqual(Member.objects.filter(messenger_id=messenger.pk).count(), 20)
        with self.assertRaises(CommandError):
            call_command("join_messenger", "Nobody")
