import csv
import io
import re

from django.db import connection
from django.test import TestCase
from django.urls import reverse
from django.utils.translation import override

from audience.models import Person
from audience.services.consent import answer, mute, opt_out, unmute
from audience.tests.people import make_person
from messaging.models import Contact, Label
from messaging.services.conversations.contact_list import contacts_page
from messaging.services.conversations.labels import add_label
from messaging.services.integrators.sandbox import open_sandbox
from messaging.services.linking.accounts import active_link, agree_to_link
from messaging.services.linking.links import create_link
from messaging.services.linking.requests import ask_to_link
from messaging.services.messages import receive_message
from messaging.services.webhooks.bodies import contact_entry
from messaging.tests.cast import ANA, RAVI, Cast
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from portal.base.sheets import cell
from profiles.models import AuditRow, Membership


def differ(one: str, other: str) -> bool:
    """Whether two pages say different things, but for what is new at each look."""
    new = r'csrf[^>]*>|"X-CSRFToken": "[^"]+"|sse-connect="[^"]+"|\d+ (second|minute)s? ago|now'
    return re.sub(new, "", one) != re.sub(new, "", other)


class People(Cast):
    """Ana wrote to Acme, Ravi linked his account there."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_person(ANA, name="Ana Souza", region="BR-SP", device="SM-A145M")
        make_person(RAVI, name="Ravi Nair")
        receive_message(ANA, cls.profile, body="Hello", name="Ana")
        token = ask_to_link(cls.profile, by=cls.alice, reference="C-4711")[1]
        agree_to_link(token, RAVI, alerts=True, adverts=False, name="Ravi")
        cls.list = reverse("contacts", args=["acme"])
        cls.file = reverse("contacts_csv", args=["acme"])
        cls.number = pairwise_number(cls.acme.pk, RAVI)
        cls.page = reverse("contact", args=["acme", cls.number])
        cls.act = reverse("contact_act", args=["acme", cls.number])

    def setUp(self):
        self.client.force_login(self.bob)


class ContactsPageTests(People, TestCase):
    def names(self, **asked) -> list[str]:
        return [line.name for line in contacts_page(self.acme, **asked).lines]

    def test_a_stranger_gets_404(self):
        self.client.force_login(self.mallory)
        for address in (self.list, self.file, self.page):
            self.assertEqual(self.client.get(address).status_code, 404, address)
        self.assertEqual(self.client.post(self.act, {"act": "unlink"}).status_code, 404)

    def test_a_number_of_another_business_is_nobody_here(self):
        self.client.force_login(self.mallory)
        address = reverse("contact", args=["elsewhere", self.number])
        self.assertEqual(self.client.get(address).status_code, 404)

    def test_it_shows_who_they_are_to_this_business_and_nothing_of_the_audience(self):
        page = self.client.get(self.list)
        self.assertContains(page, "C-4711")
        for never in ("Souza", "BR-SP", "SM-A145M"):
            self.assertNotContains(page, never)

    def test_it_can_be_narrowed_and_searched(self):
        add_label(self.acme, ANA, "VIP", by=self.bob)
        self.assertEqual(self.names(), ["Ravi", "Ana"])
        self.assertEqual(self.names(how="linked"), ["Ravi"])
        self.assertEqual(self.names(how="wrote"), ["Ana"])
        self.assertEqual(self.names(label="VIP"), ["Ana"])
        self.assertEqual(self.names(words="aN"), ["Ana"])
        self.assertEqual(self.names(words="C-4711"), ["Ravi"])
        self.assertEqual(self.names(words=f"999{self.number}"), ["Ravi"])
        self.assertEqual(self.names(words="%"), [])
        self.assertEqual(self.names(words="\x00"), ["Ravi", "Ana"])

    def test_pages_go_on_by_key(self):
        first = contacts_page(self.acme, limit=1)
        second = contacts_page(self.acme, limit=1, after=first.after)
        self.assertEqual([first.lines[0].name, second.lines[0].name], ["Ravi", "Ana"])
        self.assertEqual(second.after, "")
        self.assertEqual(len(contacts_page(self.acme, after="nonsense.1").lines), 2)

    def test_what_they_want_is_what_they_answered_this_business(self):
        def wishes() -> tuple[bool, bool | None]:
            (line,) = contacts_page(self.acme, words="Ana").lines
            return line.alerts, line.adverts

        self.assertEqual(wishes(), (True, None))
        answer(ANA, "business_alerts", granted=False, business_id=self.acme.pk)
        mute(ANA, self.elsewhere.pk)
        self.assertEqual(wishes(), (False, None))
        mute(ANA, self.acme.pk)
        self.assertEqual(wishes(), (False, False))
        self.assertContains(self.client.get(self.list), "No adverts")
        unmute(ANA, self.acme.pk)
        self.assertEqual(wishes(), (False, True))

    def test_a_no_to_all_adverts_is_seen_nowhere(self):
        """Every business would see it on the same day, and could match its contacts by it."""
        talk = reverse("conversation", args=["acme", "acme", pairwise_number(self.acme.pk, ANA)])
        card = reverse("contact", args=["acme", pairwise_number(self.acme.pk, ANA)])
        self.client.force_login(self.alice)

        def seen() -> list[str]:
            pages = [self.client.get(address) for address in (self.list, card, talk)]
            file = b"".join(self.client.get(self.file).streaming_content).decode()
            return [page.content.decode().split("<main")[1] for page in pages] + [file]

        before = seen()
        opt_out(ANA)
        unlike = [n for n, two in enumerate(zip(before, seen(), strict=True)) if differ(*two)]
        self.assertEqual(unlike, [])

    def test_who_chose_no_name_is_a_guest_everywhere(self):
        Contact.objects.filter(person_id=RAVI).update(name="")
        guest = f"Guest {self.number[-4:]}"
        receive_message(RAVI, self.profile, body="Hello", kind="text")
        talk = reverse("conversation", args=["acme", "acme", self.number])
        for address in (self.list, self.page, talk, reverse("business_inbox", args=["acme"])):
            page = self.client.get(address)
            self.assertContains(page, guest)
            self.assertNotContains(page, "Ravi")
        self.assertEqual(contact_entry(None, self.number)["profile"], {"name": guest})
        with override("pt"):  # the language that a person reads is theirs, too
            self.assertEqual(contact_entry(None, self.number)["profile"], {"name": guest})

    def test_made_up_people_are_not_among_them(self):
        open_sandbox(self.acme, by=self.alice)
        self.assertEqual(self.names(), ["Ravi", "Ana"])

    def test_the_query_of_a_name_uses_its_index(self):
        with connection.cursor() as cursor:
            cursor.execute("drop index contacts_of_business")  # an empty table's choice
            cursor.execute("set local enable_seqscan = off")
            cursor.execute(
                "explain select * from messaging_contact"
                " where business_id = 1 and upper(name::text) like upper('an%')"
            )
            plan = "\n".join(row[0] for row in cursor.fetchall())
        self.assertRegex(plan, r"contacts_by_name.*\n.*upper\(\(name\)::text\) ~>=~")

    def test_labels_are_put_on_and_taken_off(self):
        self.client.post(self.act, {"act": "label", "label": "  gold  card "})
        self.client.post(self.act, {"act": "label", "label": "GOLD CARD"})
        self.assertEqual(Contact.objects.get(person_id=RAVI).labels, ["gold card"])
        self.assertContains(self.client.get(self.list), "gold card")
        self.client.post(self.act, {"act": "unlabel", "label": "gold card"})
        self.assertEqual(Contact.objects.get(person_id=RAVI).labels, [])
        self.assertEqual(Label.objects.get().name, "gold card")

    def test_a_label_is_a_word(self):
        for name in ("", "   ", "x" * 31):
            with self.assertRaises(Refused):
                add_label(self.acme, ANA, name, by=self.bob)

    def test_the_business_unlinks_and_bob_is_named_for_it(self):
        self.client.post(self.act, {"act": "unlink"})
        self.assertIsNone(active_link(RAVI, self.acme))
        self.assertEqual(AuditRow.objects.get(event="account.unlinked").actor, self.bob)

    def test_acts_come_back_to_our_own_pages_only(self):
        for back in ("https://evil.example", "//evil.example", "/admin/"):
            answer_ = self.client.post(self.act, {"act": "label", "label": "a", "back": back})
            self.assertEqual(answer_["Location"], self.page)


class FileTests(People, TestCase):
    def rows(self, **asked) -> list[list[str]]:
        self.client.force_login(self.alice)
        answer_ = self.client.get(self.file, asked)
        text = b"".join(answer_.streaming_content).decode()
        self.assertEqual(text[0], "\ufeff")
        return list(csv.reader(io.StringIO(text[1:])))

    def test_an_agent_takes_no_file_along(self):
        self.assertEqual(self.client.get(self.file).status_code, 403)

    def test_it_holds_what_the_list_shows_and_is_in_the_audit(self):
        header, row = self.rows(how="linked")
        self.assertEqual(row[:4], [f"999{self.number}", "Ravi", "Linked an account", "C-4711"])
        self.assertEqual(len(header), len(row))
        self.assertEqual(AuditRow.objects.get(event="contacts.exported").actor, self.alice)

    def test_a_name_is_never_a_formula(self):
        for name in ('=HYPERLINK("http://evil")', "+1", "-1", "@x", "\t=1", " =1", "＝1"):
            Contact.objects.filter(person_id=ANA).update(name=name)
            self.assertEqual(self.rows(how="wrote")[1][1], f"'{name}")

    def test_a_number_stays_a_number(self):
        self.assertEqual((cell(-5), cell(None), cell("a-b")), ("-5", "", "a-b"))


class LinksPageTests(People, TestCase):
    def test_a_stranger_gets_404(self):
        link = create_link(self.profile, prefilled_message="Hello", by=self.alice)
        made = ask_to_link(self.profile, by=self.bob)[0]
        self.client.force_login(self.mallory)
        for name, args in (
            ("links", []),
            ("chat_link", [link.code]),
            ("account_link", [made.uuid]),
        ):
            for slug in ("acme", "elsewhere"):
                if (name, slug) != ("links", "elsewhere"):
                    address = reverse(name, args=[slug, *args])
                    self.assertEqual(self.client.get(address).status_code, 404, address)

    def test_a_chat_link_is_made_shown_and_deleted_by_a_manager(self):
        new = reverse("chat_link_new", args=["acme"])
        self.assertEqual(self.client.post(new, {"prefilled_message": "Hi"}).status_code, 403)
        self.client.force_login(self.alice)
        page = self.client.post(new, {"prefilled_message": "Hi"}, follow=True)
        self.assertContains(page, "Scan to chat with us")
        code = self.profile.links.get().code
        self.client.post(reverse("chat_link_delete", args=["acme", code]))
        self.assertEqual(self.client.get(f"/q/{code}").status_code, 404)

    def test_a_one_time_code_is_shown_to_who_made_it_only(self):
        form = {"account_name": "Account 11", "reference": "11", "lives": "15"}
        page = self.client.post(reverse("account_link_new", args=["acme"]), form, follow=True)
        self.assertContains(page, "/qr.svg")
        self.client.force_login(self.alice)
        self.assertNotContains(self.client.get(page.request["PATH_INFO"]), "/qr.svg")

    def test_a_form_with_a_fault_says_so(self):
        answer_ = self.client.post(reverse("account_link_new", args=["acme"]), {"lives": "15"})
        self.assertEqual(answer_.status_code, 422)

    def test_a_business_that_may_not_send_is_told_why(self):
        self.acme.verified_until = None
        self.acme.save()
        form = {"account_name": "Account 11", "lives": "15"}
        answer_ = self.client.post(reverse("account_link_new", args=["acme"]), form)
        self.assertContains(answer_, "Your business is not verified", status_code=422)

    def test_an_analyst_is_told_no(self):
        Membership.objects.filter(user=self.bob).update(role=Membership.Role.ANALYST)
        self.assertEqual(self.client.get(reverse("links", args=["acme"])).status_code, 403)
        self.assertTrue(Person.objects.filter(person_id=ANA).exists())
