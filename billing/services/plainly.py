"""What Stripe answers a person's wish with, in plain words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from billing.stripe_gateway import StripeSaysNo, StripeUnavailable
from portal.base.refused import Refused

logger = logging.getLogger(__name__)


@contextmanager
def said_plainly() -> Iterator[None]:
    """Around a request that somebody waits for: Stripe's no becomes Refused."""
    try:
        yield
    except StripeUnavailable as error:
        logger.warning("Stripe is away: %s", error)
        raise Refused(
            _("Stripe can't be reached at the moment. Nothing was charged; try again in a minute."),
            code="stripe_unavailable",
        ) from error
    except StripeSaysNo as error:
        logger.warning("Stripe said no: %s %s", error.code, error)
        if error.code in ("card_declined", "authentication_required", "expired_card"):
            raise Refused(
                _("Your card was declined. Nothing was changed; update your card and try again."),
                code="card_declined",
            ) from error
        raise Refused(
            _("Stripe did not accept this: %(why)s Nothing was charged.") % {"why": error},
            code="stripe_refused",
        ) from error
