"""The demo: a population, three businesses with a month behind them, staff and a person."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from audience.population import make_population
from audience.services.people import import_people
from audience.services.snapshots import take_snapshot
from audience.services.tiers import refresh_tiers
from portal.demo import cast
from portal.demo.history import DAYS, make_history
from portal.demo.purchases import ask_for_money, buy_plans
from profiles.models import User
from trust.services.caps import set_cap

DAILY_CAP = 3_000  # people a day: by staff, as their own small population asks for


class Command(BaseCommand):
    help = "Make the demo's people and businesses. Only with DEMO=1."

    def add_arguments(self, parser):
        parser.add_argument("--people", type=int, default=200_000)
        parser.add_argument("--if-empty", action="store_true", help="Do nothing the second time.")

    def handle(self, *, people, if_empty, **options):
        if not settings.DEMO:
            raise CommandError("The demo is for DEMO=1 only: its doors let anyone in.")
        if User.objects.filter(email=cast.HELENA).exists():
            if if_empty:
                return
            raise CommandError("The demo is here already. `make clean` removes it.")

        with connection.cursor() as cursor:
            # A demo that a power cut takes with it is simply made again.
            cursor.execute("set synchronous_commit to off")
        now = timezone.now()
        self.step(f"{people:,} people of Brazil and India", lambda: self.load_people(people))
        self.step("what their phones are worth today", refresh_tiers)
        self.step("counting them for estimates", take_snapshot)
        profiles = self.step("businesses and staff", lambda: self.make_cast(now))
        plans = {
            profile.business: role.plan for profile, role in zip(profiles, cast.ROLES, strict=True)
        }
        self.step("plans, bought at the local Stripe peer", lambda: buy_plans(plans))
        self.step(
            f"their last {DAYS} days",
            lambda: make_history(profiles, ana=cast.person_id(), now=now),
        )
        airline = next(each for each in profiles if each.handle == "ceu_airlines")
        airline.refresh_from_db()
        self.step(
            "two bills in a chat, one of them paid",
            lambda: ask_for_money(airline, person_id=cast.person_id()),
        )

    def step(self, name, act):
        self.stderr.write(f"  {name} ... ", ending="")
        self.stderr.flush()
        began = time.monotonic()
        result = act()
        self.stderr.write(f"{time.monotonic() - began:.1f} s")
        return result

    def load_people(self, n: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "people.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                make_population(file, n)
            with path.open("rb") as file:
                import_people(file, name="population of the demo")

    def make_cast(self, now):
        profiles = cast.make_cast(since=now - timedelta(days=DAYS, hours=12))
        marta = User.objects.get(email=cast.MARTA)
        for profile in profiles:
            set_cap(profile, cap=DAILY_CAP, by=marta, reason="The demo's own size.", now=now)
        return profiles
