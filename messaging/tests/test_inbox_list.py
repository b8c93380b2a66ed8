"""The list of conversations: folders, search, pages, neighbours."""

from datetime import timedelta

from django.test import TestCase
from django.urls import reverse

from audience.tests.people import NOW, make_person
from messaging.services.conversations.handling import (
    PAGE,
    assign_conversation,
    conversation_of,
    folder_counts,
    inbox_page,
    resolve_conversation,
)
from messaging.services.conversations.labels import add_label
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, RAVI
from messaging.tests.desk import Desk, others_write
from portal.base.pairwise import pairwise_number


class ListTests(Desk, TestCase):
    def test_folders_hold_what_they_say_and_count_it(self):
        make_person(RAVI, name="Ravi")
        receive_message(RAVI, self.profile, body="Hi", name="Ravi")
        assign_conversation(self.talk(), by=self.bob, to=self.bob)
        counts = folder_counts(self.profile, member=self.bob)
        self.assertEqual(counts, {"mine": 1, "unassigned": 1, "all": 2, "snoozed": 0})
        self.assertEqual(self.names(folder="mine"), ["Ana"])
        resolve_conversation(self.talk(), by=self.bob)
        self.assertEqual(self.names(folder="resolved"), ["Ana"])

    def test_it_finds_by_name_number_and_label_also_what_is_resolved(self):
        add_label(self.acme, ANA, "VIP", by=self.bob)
        resolve_conversation(self.talk(), by=self.bob)
        self.assertEqual(self.names(words="an"), ["Ana"])
        self.assertEqual(self.names(words=self.number), ["Ana"])
        self.assertEqual(self.names(words="nobody"), [])
        self.assertEqual(self.names(label="VIP", folder="resolved"), ["Ana"])
        self.assertEqual(self.names(label="VIP"), [])

    def test_five_hundred_conversations_come_by_pages_each_once(self):
        some_at_the_same_moment = {"business_last_at": lambda i: NOW - timedelta(minutes=i // 3)}
        others_write(self.profile, 499, now=NOW, **some_at_the_same_moment)
        seen, after = [], ""
        for _page in range(-(-500 // PAGE) + 1):
            page = inbox_page(self.profile, member=self.bob, after=after)
            seen += [line.number for line in page.lines]
            if not (after := page.after):
                break
        self.assertEqual((len(seen), len(set(seen))), (500, 500))
        with self.assertNumQueries(2):
            inbox_page(self.profile, member=self.bob)
        self.assertEqual(folder_counts(self.profile, member=self.bob)["all"], 100)

    def test_the_key_j_leads_past_the_first_page(self):
        others_write(self.profile, 70, now=NOW)
        page = self.client.get(reverse("business_inbox", args=["acme"])).context["page"]
        last = reverse("conversation", args=["acme", "acme", page.lines[-1].number])
        answer = self.client.get(last)
        self.assertEqual(answer.context["next"], page.beyond)
        further = self.client.get(
            reverse("conversation", args=["acme", "acme", page.beyond]), {"n": 2 * PAGE}
        )
        self.assertEqual(len(further.context["page"].lines), 2 * PAGE)
        self.assertEqual(further.context["before"], page.lines[-1].number)

    def test_what_was_scrolled_to_stays_when_the_list_is_fetched_again(self):
        others_write(self.profile, 70, now=NOW)
        address = reverse("business_inbox", args=["acme"])
        first = self.client.get(address).context["page"]
        part = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "more"}
        more = self.client.get(address, {"after": first.after, "n": PAGE}, **part)
        self.assertContains(more, f'name="n" value="{2 * PAGE}"')
        self.assertNotContains(more, "<html")
        part["HTTP_HX_TARGET"] = "convs"
        again = self.client.get(address, {"n": 2 * PAGE}, **part)
        self.assertEqual(len(again.context["page"].lines), 2 * PAGE)

    def test_what_was_resolved_is_followed_by_who_stood_below(self):
        others_write(self.profile, 5, now=NOW)
        numbers = [line.number for line in inbox_page(self.profile, member=self.bob).lines]
        address = reverse("conversation", args=["acme", "acme", numbers[2]])
        resolve_conversation(conversation_of(self.profile, numbers[2]), by=self.bob)
        answer = self.client.get(address)
        self.assertEqual(
            (answer.context["before"], answer.context["next"]), (numbers[1], numbers[3])
        )

    def test_j_and_k_lead_to_the_neighbours(self):
        make_person(RAVI, name="Ravi")
        receive_message(RAVI, self.profile, body="Hi", name="Ravi")
        page = self.client.get(self.page)
        self.assertEqual(
            (page.context["before"], page.context["next"]),
            (pairwise_number(self.acme.pk, RAVI), ""),
        )
