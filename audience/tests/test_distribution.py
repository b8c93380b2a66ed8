import io
from unittest import skipIf, skipUnless

from django.core.management import call_command
from django.db import connection
from django.test import TestCase

from audience.services.distribution import placement
from audience.tests.people import make_person
from portal.tests import citus


class DistributeTests(TestCase):
    @skipIf(citus.is_wanted(), "this is a cluster")
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


@skipUnless(citus.is_wanted(), "needs a Citus cluster: see portal/tests/citus.py")
class ClusterTests(TestCase):
    def test_a_second_time_there_is_nothing_to_do(self):
        said = io.StringIO()
        call_command("distribute", stdout=said)
        self.assertIn("already", said.getvalue())

    def test_people_lie_on_every_worker_and_all_of_one_person_on_the_same(self):
        for number in range(200):
            make_person(1_000 + number)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(DISTINCT nodename || nodeport) FROM citus_shards"
                " WHERE table_name = 'audience_person'::regclass"
            )
            self.assertEqual(cursor.fetchone(), (len(citus.nodes()),))
            cursor.execute(
                "SELECT count(DISTINCT colocation_id) FROM citus_tables"
                " WHERE distribution_column = 'person_id'"
            )
            self.assertEqual(cursor.fetchone(), (1,))
            # A query that joins by person is answered by each node for itself.
            cursor.execute(
                "EXPLAIN SELECT count(*) FROM audience_person p"
                " JOIN audience_consent c ON c.person_id = p.person_id"
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
        self.assertIn("Citus Adaptive", plan)
        self.assertNotIn("repartition", plan.lower())
