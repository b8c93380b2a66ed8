"""Paths that begin with a word instead of an id."""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from messaging.api.errors import GraphError
from messaging.services.keys import app_behind


def app_token(request: HttpRequest, data: dict) -> dict:
    """The token by which an app proves itself: its id and secret."""
    app_id, secret = str(data.get("client_id", "")), str(data.get("client_secret", ""))
    if app_behind(app_id, secret) is None:
        raise GraphError(190, _("App id and secret don't match."), subcode=467)
    return {"access_token": f"{app_id}|{secret}", "token_type": "bearer"}


ROOTS: dict[tuple[str, str], Callable[[HttpRequest, dict], dict]] = {
    ("oauth/access_token", "GET"): app_token,
    ("oauth/access_token", "POST"): app_token,
}
