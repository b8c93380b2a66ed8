"""Before what can do harm: was it really this person who signed in, a short while ago?

    @in_business(roles=MANAGE)
    @confirmed
    def member_remove(request, business, pk): ...

A POST in a session whose last proof is older than 15 minutes is put aside, the person proves once
more who they are (second factor; a code by mail for who has none), and the POST goes on.
"""

import time
from collections.abc import Callable
from functools import wraps

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse


def is_fresh(request: HttpRequest, *, now: float | None = None) -> bool:
    """Whether this session's user proved who they are within the last 15 minutes, in the
    strongest way they have.
    """
    from profiles.second_factor import has_second_factor

    records = get_authentication_records(request, request.user)
    if has_second_factor(request.user):
        records = [record for record in records if record.get("method") == "mfa"]
    since = (now or time.time()) - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record.get("at", 0) > since for record in records)


def confirmed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """View decorator: what changes something needs a fresh proof; looking does not."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in ("GET", "HEAD") and not is_fresh(request):
            raise ReauthenticationRequired()  # allauth keeps the POST and asks
        return view(request, *args, **kwargs)

    return wrapper
