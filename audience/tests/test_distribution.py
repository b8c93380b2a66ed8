import io

from django.core.management import call_command
from django.test import TestCase

from audience.services.distribution import placement


class DistributeTests(TestCase):
    def test_on_plain_postgresql_it_says_so_and_changes_nothing(self):
        said = io.StringIO()
        call_command("distribute", stdout=said)
        self.assertIn("plain PostgreSQL", said.getvalue())

    def test_everything_of_a_person_lies_beside_the_person(self):
        first, *others, last = placement()
        self.assertEqual(first, ("audience_person", "person_id", "none"))
        self.assertEqual(last, ("audience_personkey", "external_id", "none"))
        self.assertEqual({row[1:] for row in others}, {("person_id", "audience_person")})
        tables = {row[0] for row in others}
        self.assertLessEqual(
            {"audience_block", "audience_consent", "audience_budget", "messaging_message"}, tables
        )
