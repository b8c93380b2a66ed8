"""Where Stripe tells us that something happened."""

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import stripe_gateway
from billing.models import StripeEvent
from billing.services.stripe_events import keep_events

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Keep the event and answer at once, also for kinds we ignore; Stripe repeats what gets no 2xx.

    Nothing is kept of what Stripe did not sign, or signed with the keys of the other mode.
    """
    try:
        event = stripe_gateway.verify(request.body, request.headers.get("Stripe-Signature", ""))
    except stripe_gateway.BadSignature:
        return HttpResponseBadRequest("bad signature\n", content_type="text/plain")
    if event.livemode != stripe_gateway.is_live():
        logger.error("A webhook of Stripe's other mode arrived: %s.", event.stripe_id)
        return HttpResponseBadRequest("other mode\n", content_type="text/plain")

    keep_events([event], source=StripeEvent.Source.WEBHOOK)
    return HttpResponse("kept\n", content_type="text/plain")
