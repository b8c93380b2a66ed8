"""Everything an integrator needs to begin, and a hand on the test people."""

import json
from argparse import ArgumentParser
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from messaging.models import App, SandboxPerson
from messaging.services.integrators.keys import create_app, create_token, secret_of
from messaging.services.integrators.sandbox import (
    ACTS,
    FIRST_LANGUAGE,
    FIRST_TEMPLATE,
    act,
    open_sandbox,
    states,
    verify_token,
)
from portal.base.pairwise import pairwise_number, person_of, user_id, wa_id
from portal.base.refused import Refused
from profiles.models import Business, Membership, Profile, User
from profiles.services.businesses import create_business

APP = "Sandbox"
TOKEN_LIVES = timedelta(days=30)


class Command(BaseCommand):
    help = "Open a business's sandbox and print what a client needs, or let a test person act."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON.")
        parser.add_argument(
            "--business", default="sandbox", help="Its slug; made if there is none."
        )
        parser.add_argument("--person", default="", help="wa_id or user_id of who acts.")
        parser.add_argument("--act", default="", help=f"One of {', '.join(ACTS)}.")
        parser.add_argument("--text", default="", help="What they write, or which button.")

    def handle(self, **options) -> None:
        business = Business.objects.filter(slug=options["business"]).first()
        business = business or self.new_business(options["business"])
        owner = self.owner(business)
        profile = open_sandbox(business, by=owner)
        if options["act"]:
            self.act(profile, options["person"], options["act"], options["text"])
            return
        about = self.about(profile, owner)
        if options["json"]:
            self.stdout.write(json.dumps(about, indent=2))
        else:
            for name, value in about.items():
                self.stdout.write(f"{name:16} {value}")

    def new_business(self, slug: str) -> Business:
        owner, _is_new = User.objects.get_or_create(
            email=f"{slug}@sandbox.example", defaults={"name": "Sandbox"}
        )
        business = create_business(by=owner, name=slug.replace("-", " ").title(), country="US")
        if business.slug != slug:
            raise CommandError(f"The slug {slug} can't be had; the business is {business.slug}.")
        return business

    def owner(self, business: Business) -> User:
        return business.memberships.get(role=Membership.Role.OWNER, removed_at=None).user

    def about(self, profile: Profile, owner: User) -> dict:
        business = profile.business
        app = App.objects.filter(business=business, name=APP, closed_at=None).first()
        app = app or create_app(business, name=APP, by=owner)
        _row, token = create_token(
            app, name="manage.py sandbox", by=owner, expires_at=timezone.now() + TOKEN_LIVES
        )
        people = [
            {
                "name": state.person.name,
                "about": state.person.about,
                "wa_id": wa_id(pairwise_number(business.pk, state.person.person_id)),
                "user_id": user_id(pairwise_number(business.pk, state.person.person_id)),
            }
            for state in states(profile, limit=0)
        ]
        return {
            "base_url": settings.SITE_URL,
            "api_url": f"{settings.SITE_URL}/v23.0",
            "profile_id": str(profile.pk),
            "phone_number_id": str(profile.pk),
            "account_id": str(business.pk),
            "waba_id": str(business.pk),
            "app_id": str(app.pk),
            "app_secret": secret_of(app),
            "verify_token": verify_token(profile),
            "access_token": token,
            "wa_id": people[0]["wa_id"],
            "user_id": people[0]["user_id"],
            "template": {"name": FIRST_TEMPLATE, "language": FIRST_LANGUAGE},
            "people": people,
        }

    def act(self, profile: Profile, written: str, name: str, text: str) -> None:
        people = list(SandboxPerson.objects.filter(profile=profile))
        person_id = person_of(profile.business_id, written) if written else people[0].person_id
        person = next((p for p in people if p.person_id == person_id), None)
        if person is None:
            raise CommandError("There is no such test person.")
        try:
            act(profile, person, name, text=text)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None
        self.stdout.write(f"{person.name}: {name}")
