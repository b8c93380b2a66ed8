"""Invite, accept, change, remove; an owner always stays."""

from datetime import timedelta

from django.core import mail
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from portal.base.refused import Refused
from portal.base.services.outbox import perform_due
from profiles.models import AuditRow, Invitation, Membership
from profiles.services.members import (
    accept_invitation,
    change_role,
    invite_member,
    remove_member,
    withdraw_invitation,
)
from profiles.tests.people import make_business, member, person, sign_in


class MemberTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        cls.first = cls.acme.memberships.get()

    def test_an_invitation_is_mailed_and_accepted_once(self):
        sign_in(self.client, self.alice)
        self.client.post(
            reverse("team", args=["acme"]), {"email": "Bob@Example.com", "role": "agent"}
        )
        perform_due()
        invitation = Invitation.objects.get()
        self.assertEqual(mail.outbox[-1].to, ["bob@example.com"])
        self.assertIn(f"/invite/{invitation.token}/", mail.outbox[-1].body)

        bob = person("bob")
        sign_in(self.client, bob)
        response = self.client.post(reverse("invitation", args=[invitation.token]))
        self.assertRedirects(response, "/w/acme/", fetch_redirect_response=False)
        self.assertEqual(self.acme.memberships.get(user=bob).role, "agent")
        with self.assertRaisesMessage(Refused, "no longer works"):
            accept_invitation(invitation, by=bob)

    def test_a_forwarded_letter_opens_nothing(self):
        invitation = invite_member(self.acme, by=self.alice, email="bob@example.com", role="agent")
        mallory = person("mallory")
        sign_in(self.client, mallory)
        response = self.client.post(reverse("invitation", args=[invitation.token]))
        self.assertContains(response, "is for bob@example.com")
        self.assertFalse(self.acme.memberships.filter(user=mallory).exists())

    def test_an_old_or_withdrawn_letter_opens_nothing(self):
        bob = person("bob")
        invitation = invite_member(self.acme, by=self.alice, email=bob.email, role="agent")
        with self.assertRaisesMessage(Refused, "no longer works"):
            accept_invitation(invitation, by=bob, now=timezone.now() + timedelta(days=8))
        withdraw_invitation(invitation, by=self.alice)
        with self.assertRaisesMessage(Refused, "no longer works"):
            accept_invitation(invitation, by=bob)

    def test_a_second_letter_replaces_the_first(self):
        first = invite_member(self.acme, by=self.alice, email="bob@example.com", role="agent")
        invite_member(self.acme, by=self.alice, email="bob@example.com", role="analyst")
        first.refresh_from_db()
        self.assertIsNotNone(first.withdrawn_at)

    def test_the_last_owner_stays(self):
        with self.assertRaisesMessage(Refused, "A business needs an owner"):
            remove_member(self.first, by=self.alice)
        with self.assertRaisesMessage(Refused, "A business needs an owner"):
            change_role(self.first, by=self.alice, role="agent")
        member(self.acme, "owner", name="olivia")
        remove_member(self.first, by=self.alice)

    def test_an_admin_makes_and_removes_no_owner(self):
        adam = member(self.acme, "admin", name="adam")
        bob = member(self.acme)
        with self.assertRaisesMessage(Refused, "Only an owner"):
            change_role(Membership.objects.get(user=bob), by=adam, role="owner")
        with self.assertRaisesMessage(Refused, "Only an owner"):
            remove_member(self.first, by=adam)
        with self.assertRaisesMessage(Refused, "Only an owner"):
            invite_member(self.acme, by=adam, email="x@example.com", role="owner")
        change_role(Membership.objects.get(user=bob), by=adam, role="analyst")

    def test_an_agent_may_leave_but_remove_nobody(self):
        bob = member(self.acme)
        sign_in(self.client, bob)
        url = reverse("member_remove", args=["acme", self.first.pk])
        self.assertEqual(self.client.post(url).status_code, 404)
        own = Membership.objects.get(user=bob)
        response = self.client.post(reverse("member_remove", args=["acme", own.pk]))
        self.assertRedirects(response, "/w/", fetch_redirect_response=False)

    def test_who_was_removed_can_be_invited_again(self):
        bob = member(self.acme)
        remove_member(Membership.objects.get(user=bob), by=self.alice)
        again = invite_member(self.acme, by=self.alice, email=bob.email, role="admin")
        accept_invitation(again, by=bob)
        self.assertEqual(self.acme.memberships.get(user=bob, removed_at=None).role, "admin")

    def test_each_change_is_a_row_of_the_audit(self):
        bob = member(self.acme)
        place = Membership.objects.get(user=bob)
        change_role(place, by=self.alice, role="analyst")
        remove_member(place, by=self.alice)
        rows = AuditRow.objects.filter(business_id=self.acme.pk, event__startswith="member.")
        self.assertEqual(
            list(rows.order_by("id").values_list("event", "actor_id")),
            [("member.role_changed", self.alice.pk), ("member.removed", self.alice.pk)],
        )

    def test_the_database_refuses_two_roles_at_once(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            Membership.objects.create(business=self.acme, user=self.alice, role="agent")
