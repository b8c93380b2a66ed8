from django.core.management.base import BaseCommand, CommandError

from billing.services.catalogue import sync_catalogue
from billing.stripe_gateway import StripeSaysNo, StripeUnavailable


class Command(BaseCommand):
    help = "Bring plans, prices, the portal's configuration and the webhook to Stripe."

    def handle(self, **options) -> str:
        try:
            done = sync_catalogue()
        except (StripeUnavailable, StripeSaysNo) as error:
            raise CommandError(f"Stripe: {error}") from error
        return "\n".join(f"Made {thing}" for thing in done) or "Everything is there already."
