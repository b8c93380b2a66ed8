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
from profiles.tests.people import beyond_the_plan, make_business, member, person, sign_in


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

    def test_with_who_wrote_them_invitations_end(self):
        """Else who is about to be removed could leave a door open for a friend."""
        adam, dora = member(self.acme, "admin", name="adam"), person("dora")
        elsewhere = make_business("Elsewhere", owner=adam)
        with beyond_the_plan():
            theirs = invite_member(self.acme, by=adam, email=dora.email, role="admin")
            other = invite_member(self.acme, by=self.alice, email="eve@example.com", role="agent")
            own = invite_member(elsewhere, by=adam, email=dora.email, role="agent")
        remove_member(Membership.objects.get(user=adam, business=self.acme), by=self.alice)

        with self.assertRaisesMessage(Refused, "no longer works. Ask for a new one"):
            accept_invitation(theirs, by=dora)
        sign_in(self.client, dora)
        page = self.client.get(reverse("invitation", args=[theirs.token]))
        self.assertContains(page, "no longer works", status_code=page.status_code)
        for still_open in (other, own):
            still_open.refresh_from_db()
            self.assertIsNone(still_open.withdrawn_at)
        row = AuditRow.objects.get(event="member.invitation_withdrawn")
        self.assertEqual((row.actor, row.details["email"]), (self.alice, dora.email))

    def test_who_may_invite_no_more_leaves_no_open_letter(self):
        adam, olga = (
            member(self.acme, "admin", name="adam"),
            member(self.acme, "owner", name="olga"),
        )
        with beyond_the_plan():
            by_adam = invite_member(self.acme, by=adam, email="dora@example.com", role="agent")
            to_own = invite_member(self.acme, by=olga, email="eve@example.com", role="owner")
            to_help = invite_member(self.acme, by=olga, email="finn@example.com", role="agent")
        change_role(Membership.objects.get(user=adam), by=self.alice, role="analyst")
        change_role(Membership.objects.get(user=olga), by=self.alice, role="admin")
        over = [Invitation.objects.get(pk=i.pk).withdrawn_at for i in (by_adam, to_own, to_help)]
        self.assertEqual([bool(at) for at in over], [True, True, False])

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
        gone = Membership.objects.get(user=bob)
        remove_member(gone, by=self.alice)
        sign_in(self.client, self.alice)
        url = reverse("member_remove", args=["acme", gone.pk])
        self.assertEqual(self.client.post(url).status_code, 404)
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
