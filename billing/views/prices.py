"""What it costs, for anyone to read."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.plans import CURRENCIES, INTERVALS, MONTH, TRIAL_DAYS, currency_for, offers_of
from profiles.places import country_of_languages


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """The plans, in the currency of the browser's country unless another is asked for."""
    at_home = currency_for(country_of_languages(request.headers.get("Accept-Language", "")))
    interval = request.GET.get("interval", MONTH)
    currency = request.GET.get("currency", at_home)
    if interval not in INTERVALS or currency not in CURRENCIES:
        raise Http404
    context = {
        "offers": offers_of(currency, interval),
        "interval": interval,
        "intervals": INTERVALS.items(),
        "currency": currency,
        "currencies": CURRENCIES,
        "trial_days": TRIAL_DAYS,
    }
    return render(request, "billing/pricing.html", context)
