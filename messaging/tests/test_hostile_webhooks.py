"""Addresses of webhooks that lead inside: at no moment is anything but the open internet dialled.

The resolver and the connector are the test's own; nothing is ever really dialled.
"""

import ipaddress
import random
import socket
from unittest import mock

from django.test import override_settings

from messaging.models import WebhookCall, WebhookEndpoint, WebhookEvent
from messaging.services.messages import receive_message
from messaging.services.webhooks.addresses import challenge, set_webhook
from messaging.services.webhooks.calls import call_once, serve_due
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA
from portal.base import fetch
from portal.base.refused import Refused
from profiles.services.domains import look_at_domain

PUBLIC = ("93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")
# The judge's own list, after IANA's registries of special addresses; not the code's.
SPECIAL_TEXT = """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
    192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24
    203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 ::/96 64:ff9b::/96
    64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 fc00::/7 fe80::/10 fec0::/10
    ff00::/8"""
SPECIAL = [ipaddress.ip_network(one) for one in SPECIAL_TEXT.split()]
PRIVATE_TEXT = """127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254
192.168.1.1 100.64.0.1 100.127.255.254 198.18.0.1 198.19.255.254 169.254.169.254 192.0.0.1
224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1
64:ff9b::7f00:1 64:ff9b:1::7f00:1 2002:7f00:1:: 2001:0:7f00:1:: fe80::1 fe80::1%eth0 fc00::1
fd12:3456::1 fec0::1 ff02::1 2001:db8::1"""
PRIVATE = PRIVATE_TEXT.split()

HOSTILE_TEXT = """http://example.com/ ftp://example.com/ file:///etc/passwd gopher://example.com:70/_x
    https://127.0.0.1/ https://127.1/ https://2130706433/ https://0x7f000001/
    https://017700000001/ https://0/ https://0.0.0.0/ https://0x7f.1/ https://0177.0.0.1/
    https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/
    https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/ https://[fe80::1%25eth0]/
    https://[fe80::1%eth0]/ https://169.254.169.254/latest/meta-data/ https://10.0.0.1/
    https://172.16.0.1/ https://192.168.1.1/ https://100.64.0.1/ https://198.18.0.1/
    https://224.0.0.1/ https://localhost/ https://LOCALHOST/ https://localhost./
    https://LocalHost.:443/ https://metadata.google.internal/computeMetadata/v1/
    https://１２７.0.0.1/ https://①②⑦.⓪.⓪.①/ https://127。0。0。1/ https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/
    https://user:pw@example.com/ https://user@127.0.0.1/ https://evil\\@127.0.0.1/
    https://127.0.0.1:443\\@evil.example/ https://example.com%00.evil.example/
    https://example.com%0d%0aHost:x/ https://example.com:22/ https://example.com:6379/
    https://example.com:99999/ https://example.com:-1/ https:///x https:// //127.0.0.1/
    javascript:alert(1) data:text/plain,x https://private.example/ https://mixed.example/"""
HOSTILE = [
    *HOSTILE_TEXT.split(),
    "https://example.com/\r\nX-Evil: 1",
    "https://example.com\t/",
    "https://example.com/\x00",
    "https:// 127.0.0.1/",
    *(f"https://[{one}]/" if ":" in one else f"https://{one}/" for one in PRIVATE),
]  # fmt: skip


def is_open_internet(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip  # the system dials these by IPv4
    return not any(ip in network for network in SPECIAL if network.version == ip.version)


class World:
    """Names as the attacker sets them, and a wire that only writes down who was dialled."""

    def __init__(self, *, names: dict[str, list[list[str]]] | None = None) -> None:
        self.names, self.dialled = names or {}, []

    def resolve(self, host: str, port: int) -> list[str]:
        """Numbers as the system reads them; a name's answers in turn, the last one for ever."""
        if answers := self.names.get(host):
            return answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            found = socket.getaddrinfo(host, port, type=0, flags=socket.AI_NUMERICHOST)
        except OSError:
            if host.rstrip(".") in ("localhost", "metadata.google.internal"):
                return ["127.0.0.1"]
            return [PUBLIC[0]]
        return [str(entry[4][0]) for entry in found]

    def connect(self, ip: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append(ip)
        raise OSError(111, "Connection refused")

    def __enter__(self) -> "World":
        self.patches = [
            mock.patch.object(fetch, "_resolve", self.resolve),
            mock.patch.object(fetch, "_connect", self.connect),
        ]
        for patch in self.patches:
            patch.start()
        return self

    def __exit__(self, *raised: object) -> None:
        for patch in self.patches:
            patch.stop()


@override_settings(WEBHOOK_ALLOW_LOOPBACK=False)
class HostileWebhookTests(ApiCase):
    def setUp(self) -> None:
        WebhookEvent.objects.all().delete()
        self.endpoint = WebhookEndpoint.objects.create(
            app=self.app, url="https://hooks.example/", verify_token="hush"
        )
        receive_message(ANA, self.profile, body="Hello")
        with World():
            serve_due()
        self.call = WebhookCall.objects.select_related("event").latest("pk")

    def create(self, url: str) -> None:
        set_webhook(
            self.app,
            url=url,
            verify_token="hush",
            by=self.alice,
            level=WebhookEndpoint.Level.PROFILE,
            profile=self.profile,
        )

    def update(self, url: str) -> None:
        set_webhook(self.app, url=url, verify_token="other", by=self.alice)

    def try_out(self, url: str) -> None:
        challenge(url, verify_token="hush")

    def deliver(self, url: str) -> None:
        """As if the address had come in by another way, or leads elsewhere now."""
        self.endpoint.url = url
        outcome = call_once(self.endpoint, self.call, secret="s" * 32)
        assert outcome.status is None, outcome

    def moments(self):
        return (self.create, self.update, self.try_out, self.deliver)

    def attempt(self, moment, url: str, world: World) -> None:
        with world:
            try:
                moment(url)
            except Refused:
                return
        assert moment == self.deliver, f"{url!r} was taken by {moment.__name__}"

    def test_no_hostile_address_is_dialled_at_any_of_four_moments(self):
        names = {
            "private.example": [["10.1.2.3"]],
            "mixed.example": [[PUBLIC[0], "127.0.0.1"]],
        }
        dialled, tried = [], 0
        for moment in self.moments():
            for url in HOSTILE:
                world = World(names={name: list(answers) for name, answers in names.items()})
                self.attempt(moment, url, world)
                dialled += [(url, moment.__name__, ip) for ip in world.dialled]
                tried += 1
        inside = [each for each in dialled if not is_open_internet(each[2])]
        print(f"{tried} hostile calls, {len(dialled)} dialled, {len(inside)} inside")
        self.assertEqual(inside, [])
        self.assertEqual(dialled, [])
        self.endpoint.refresh_from_db()
        self.assertEqual(self.endpoint.url, "https://hooks.example/")

    def test_a_thousand_rebinding_names_reach_nobody_inside(self):
        """The name is public when it is looked at, and private (or both) at every later look."""
        dice = random.Random(11)
        dialled = []
        for n in range(1000):
            answers = [dice.sample(PUBLIC, dice.randint(1, 3))]
            for _later in range(4):
                later = dice.sample(PRIVATE, dice.randint(1, 3))
                later += dice.sample(PUBLIC, dice.randint(0, 1))
                dice.shuffle(later)
                answers.append(later)
            if dice.random() < 0.3:
                dice.shuffle(answers)
            world = World(names={"rebinds.example": answers})
            self.attempt(self.moments()[n % 4], "https://rebinds.example/hook", world)
            dialled += world.dialled
        inside = [ip for ip in dialled if not is_open_internet(ip)]
        print(f"1,000 rebinds: {len(dialled)} dialled, {len(inside)} inside")
        self.assertGreater(len(dialled), 600)
        self.assertEqual(inside, [])

    def test_the_proof_of_a_domain_dials_nobody_inside(self):
        for address in PRIVATE:
            world = World(names={"acme.example": [[address]]})
            with world:
                look_at_domain(self.acme, "acme.example", look_up=lambda name: [])
            self.assertEqual(world.dialled, [], address)

    def test_the_judge_and_the_fetcher_agree_on_a_hundred_thousand_addresses(self):
        dice = random.Random(5)
        for _n in range(100_000):
            if dice.random() < 0.5:
                ip = str(ipaddress.IPv4Address(dice.getrandbits(32)))
            else:
                network = dice.choice([one for one in SPECIAL if one.version == 6])
                bits = int(network.network_address) | dice.getrandbits(128 - network.prefixlen or 1)
                ip = str(ipaddress.IPv6Address(bits & ((1 << 128) - 1)))
            if fetch.is_public(ip):
                self.assertTrue(is_open_internet(ip), ip)
