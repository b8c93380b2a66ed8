"""Every case of docs/billing.md has its test; and the two cases that belong nowhere else."""

import ast
import re
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from billing.services.checkout import currency_of
from billing.tests.scripted import ScriptedTests
from profiles.models import Membership
from profiles.tests.people import member, sign_in

ROW = re.compile(
    r"^\| (?P<case>[^|]+) \| (?P<lane>[LSU]) \| (?P<file>\w+): (?P<test>\w+) \|$", re.M
)


class CaseTableTests(SimpleTestCase):
    def test_every_case_of_the_table_has_its_test(self):
        table = (Path(settings.BASE_DIR) / "docs/billing.md").read_text()
        rows = [match.groupdict() for match in ROW.finditer(table)]
        self.assertGreater(len(rows), 50)
        missing = [row for row in rows if row["test"] not in names_in(row["file"])]
        self.assertEqual(missing, [])


def names_in(name: str) -> set[str]:
    tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


class CurrencyTests(ScriptedTests):
    def test_currency_mismatch(self):
        """Stripe keeps one currency per customer: who once paid in dollars is offered dollars."""
        thing = self.buy(currency="usd")
        thing |= {"status": "canceled", "ended_at": thing["start_date"]}
        self.send("customer.subscription.deleted", thing)
        sign_in(self.client, self.alice)

        self.assertEqual(currency_of(self.acme), "usd")
        page = self.client.get(f"/w/{self.acme.slug}/billing/", {"currency": "brl"})

        self.assertEqual(page.context["currency"], "usd")
        self.assertEqual(list(page.context["currencies"]), [])


class PortalTests(ScriptedTests):
    def test_portal_by_non_owner(self):
        """Only owners and admins are led to cards and invoices; strangers find nothing there."""
        url = f"/w/{self.acme.slug}/billing/portal/"
        for role in (Membership.Role.AGENT, Membership.Role.ANALYST, Membership.Role.DEVELOPER):
            sign_in(self.client, member(self.acme, role))
            self.assertEqual(self.client.post(url).status_code, 403, role)
        sign_in(self.client, self.mallory)
        self.assertEqual(self.client.post(url).status_code, 404)
        self.assertEqual(self.stripe.requests, [])
