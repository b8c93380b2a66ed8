"""The registry answers anyone, and its log can't be rewritten unnoticed."""

import hashlib
import importlib.util
import json
import random
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from portal.base import merkle
from profiles.models import RegistryEntry, RegistryHead, RegistryNode
from profiles.services.profiles import close_profile
from profiles.services.registry import Event, canonical, note_standing
from profiles.services.terms import lapse_verifications, withdraw_verification
from profiles.tests.people import (
    make_business,
    make_profile,
    person,
    staff,
    verified_profile,
    verify,
)

# The outsider's own script, which shares no code with ours.
spec = importlib.util.spec_from_file_location(
    "check_registry", settings.BASE_DIR / "docs/registry/check_registry.py"
)
outsider = importlib.util.module_from_spec(spec)
spec.loader.exec_module(outsider)


class Tree:
    """Our tree over leaves, in memory."""

    def __init__(self, leaves: list[str]):
        self.leaves, self.nodes = leaves, {}
        for index, leaf in enumerate(leaves):
            for level, position, value in merkle.nodes_made_by(index, leaf.encode(), self.node):
                self.nodes[level, position] = value

    def node(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]

    def root(self, size: int) -> bytes:
        return merkle.root(size, self.node)


class MerkleTests(SimpleTestCase):
    LEAVES = [f"leaf {n}" for n in range(70)]

    def test_known_trees_of_rfc_6962s_reference(self):
        """Roots that Certificate Transparency's own tests expect for these eight leaves."""
        data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
        nodes: dict = {}

        def node(level, position):
            return nodes[level, position]

        for index, text in enumerate(data):
            for level, position, value in merkle.nodes_made_by(index, bytes.fromhex(text), node):
                nodes[level, position] = value
        self.assertEqual(
            [merkle.root(size, node).hex()[:16] for size in (1, 2, 3, 8)],
            ["6e340b9cffb37a98", "fac54203e7cc696c", "aeb6bcfe274b70a1", "5dc9da79a70659a9"],
        )
        self.assertEqual(merkle.root(0, node), hashlib.sha256(b"").digest())

    def test_every_root_and_proof_passes_the_second_implementation(self):
        tree = Tree(self.LEAVES)
        for size in range(1, len(self.LEAVES) + 1):
            root = tree.root(size)
            self.assertEqual(root, outsider.root_of(self.LEAVES[:size]))
            for index in range(size):
                path = merkle.inclusion_proof(index, size, tree.node)
                outsider.check_inclusion(self.LEAVES[index], index, size, path, root)
            for first in range(1, size + 1):
                path = merkle.consistency_proof(first, size, tree.node)
                outsider.check_consistency(first, size, tree.root(first), root, path)

    def test_a_wrong_proof_passes_nobody(self):
        tree = Tree(self.LEAVES)
        chance = random.Random(1)
        for _round in range(300):
            size = chance.randrange(3, 70)
            index = chance.randrange(size)
            path = merkle.inclusion_proof(index, size, tree.node)
            spoiled = [*path]
            spoiled[chance.randrange(len(path))] = b"\0" * 32
            for wrong in (spoiled, path[:-1], [*path, b"\0" * 32]):
                with self.assertRaises(outsider.Broken):
                    outsider.check_inclusion(
                        self.LEAVES[index], index, size, wrong, tree.root(size)
                    )
            with self.assertRaises(outsider.Broken):
                outsider.check_inclusion("another", index, size, path, tree.root(size))

    def test_a_rewritten_history_is_detected(self):
        tree = Tree(self.LEAVES)
        for at in range(20):
            forged = Tree([*self.LEAVES[:at], "rewritten", *self.LEAVES[at + 1 :]])
            path = merkle.consistency_proof(20, 70, forged.node)
            with self.assertRaisesMessage(outsider.Broken, "rewritten"):
                outsider.check_consistency(20, 70, tree.root(20), forged.root(70), path)


class RegistryTests(TestCase):
    def fetch(self, path: str) -> dict:
        return json.loads(self.client.get(path).content)

    def test_the_life_of_a_badge_is_in_the_log_and_on_the_page(self):
        profile = verified_profile()
        note_standing(profile, old="clear", new="warned")  # not public
        note_standing(profile, old="limited", new="suspended", rule="suspend")
        note_standing(profile, old="suspended", new="clear")
        withdraw_verification(profile.business, by=staff("lead"), reason="Gone")
        entries = self.fetch("/registry/acme.json")["history"]
        self.assertEqual(
            [entry["event"] for entry in entries],
            ["withdrawn", "reinstated", "suspended", "granted"],
        )
        self.assertEqual(entries[-1]["legal_name"], "Acme Ltd")
        self.assertNotIn("Gone", json.dumps(entries))
        self.assertContains(self.client.get("/b/acme/"), "Badge taken away for now")

    def test_a_lapse_and_a_renewal_are_entries(self):
        acme = make_business()
        verify(acme, now=timezone.now() - timedelta(days=300))
        verify(acme, now=timezone.now() - timedelta(days=366))
        lapse_verifications()
        events = RegistryEntry.objects.order_by("index").values_list("event", flat=True)
        self.assertEqual(list(events), ["granted", "renewed", "lapsed"])

    def test_an_outsider_checks_the_log_and_remembers_it(self):
        self.assertEqual(outsider.check(self.fetch, None)["size"], 0)
        verified_profile()
        seen = outsider.check(self.fetch, None)
        for n in range(6):
            verify(make_business(f"Business {n} Ünïcode"))
        later = outsider.check(self.fetch, seen)
        self.assertEqual((seen["size"], later["size"]), (1, 7))
        proof = self.fetch("/registry/log/inclusion/?index=3&size=7")
        leaf = self.fetch("/registry/log/entries/?start=3")["leaves"][0]
        path = [bytes.fromhex(value) for value in proof["path"]]
        outsider.check_inclusion(leaf, 3, 7, path, bytes.fromhex(later["root"]))

    def test_an_outsider_detects_a_history_that_was_rewritten_whole(self):
        """Entries, nodes and heads all made anew by somebody who holds the signing key."""
        for n in range(5):
            verify(make_business(f"Business {n}"))
        seen = outsider.check(self.fetch, None)
        leaves = list(RegistryEntry.objects.order_by("index").values_list("leaf", flat=True))
        forged = [leaves[0], leaves[1].replace("granted", "revoked"), *leaves[2:]]
        tree = Tree(forged)
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            for table in ("entry", "node", "head"):
                cursor.execute(f"alter table profiles_registry{table} disable trigger user")
        RegistryEntry.objects.filter(index=1).update(leaf=forged[1])
        for (level, position), value in tree.nodes.items():
            RegistryNode.objects.filter(level=level, position=position).update(hash=value)
        from profiles.services.registry import _sign

        RegistryHead.objects.filter(size=5).delete()
        _sign(5, timezone.now())
        outsider.check(self.fetch, None)  # sound to who never looked before
        with self.assertRaisesMessage(outsider.Broken, "differ"):
            outsider.check(self.fetch, seen)
        verify(make_business("One more"))
        with self.assertRaisesMessage(outsider.Broken, "rewritten"):
            outsider.check(self.fetch, seen)

    def test_the_database_refuses_to_change_what_was_said(self):
        verified_profile()
        for act in (
            lambda: RegistryEntry.objects.update(event=Event.REVOKED),
            lambda: RegistryEntry.objects.all().delete(),
            lambda: RegistryHead.objects.all().delete(),
        ):
            with self.assertRaises(DatabaseError), transaction.atomic():
                act()

    def test_wrong_questions_get_plain_answers(self):
        verified_profile()
        self.assertEqual(
            self.client.get("/registry/log/inclusion/?index=5&size=1").status_code, 400
        )
        self.assertEqual(
            self.client.get("/registry/log/inclusion/?index=0&size=9").status_code, 400
        )
        self.assertEqual(
            self.client.get("/registry/log/consistency/?first=0&second=1").status_code, 400
        )
        self.assertEqual(self.client.get("/registry/log/entries/?start=-1").status_code, 404)
        self.assertEqual(self.client.get("/registry/nobody.json").status_code, 404)

    def test_leaves_are_the_same_bytes_everywhere(self):
        self.assertEqual(canonical({"b": "ü", "a": 1}), '{"a":1,"b":"ü"}')


class SearchTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.profile = verified_profile("acme")
        cls.profile.business.cases.update(domain="acme.example")
        make_profile(make_business("Mallory", owner=person("mallory")), "acne", name="Acne Ltd")

    def ask(self, asked: str):
        return self.client.get("/registry/", {"q": asked})

    def test_handle_link_domain_and_name_find_the_business(self):
        for asked in (
            "acme",
            "@Acme",
            "https://signet.example/b/acme/",
            "www.acme.example",
            "Acme Ltd",
        ):
            with self.subTest(asked):
                self.assertContains(self.ask(asked), "Acme is a verified business.")

    def test_accents_and_haste_do_not_hide_who_is_real(self):
        bank = make_business("Banco Ipê", owner=person("ana"))
        verified_profile("banco_ipe", business=bank)
        for asked in ("banco ipe", "BANCO IPÊ", "ipe", "banco_ipe", "Banco Ipe\u0302"):
            with self.subTest(asked):
                self.assertContains(self.ask(asked), "Banco Ipê is a verified business.")

    def test_what_is_not_approved_yet_leads_to_nobody(self):
        self.profile.business.cases.update(state="draft", legal_name="Harbour Bank Ltd")
        for asked in ("Harbour Bank", "www.acme.example"):
            with self.subTest(asked):
                self.assertContains(self.ask(asked), "No business here goes by that.")

    def test_an_impostor_is_shown_for_what_it_is(self):
        self.assertContains(self.ask("@acne"), "This business is not verified.")

    def test_nobody_by_that_name_is_said_plainly(self):
        for asked in ("@nobody", "Harbour Bank", "https://signet.example/b/nobody/", "' or 1=1 --"):
            with self.subTest(asked):
                self.assertContains(self.ask(asked), "No business here goes by that.")

    def test_a_closed_profile_is_not_found(self):
        close_profile(self.profile, by=None)
        self.assertContains(self.ask("@acme"), "No business here goes by that.")
