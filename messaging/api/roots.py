"""Paths that begin with a word instead of an id."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from messaging.api.auth import EXPIRED, INVALID, caller_of
from messaging.api.calls import Caller
from messaging.api.errors import GraphError
from messaging.api.fields import text
from messaging.api.selection import select
from messaging.api.uploads import begin_upload, continue_upload, upload_state
from messaging.models import AccessToken
from messaging.services.integrators.keys import app_behind, token_behind


@dataclass(frozen=True)
class RootCall:
    """A call of such a path."""

    request: HttpRequest
    data: dict
    now: datetime

    def caller(self) -> Caller:
        return caller_of(self.request, self.data, self.now)


def app_token(call: RootCall) -> dict:
    """The token by which an app proves itself: its id and secret."""
    app_id, secret = str(call.data.get("client_id", "")), str(call.data.get("client_secret", ""))
    if app_behind(app_id, secret) is None:
        raise GraphError(190, _("App id and secret don't match."), subcode=INVALID)
    return {"access_token": f"{app_id}|{secret}", "token_type": "bearer"}


def debug_token(call: RootCall) -> dict:
    """What a token is good for; only within the caller's own business."""
    caller = call.caller()
    raw = text(call.data, "input_token", most=400)
    if "|" in raw:
        app = app_behind(*raw.split("|", 1))
        if app is None or app.business.pk != caller.business.pk:
            return {"data": _invalid(_("There is no such token."), INVALID)}
        about = {"app_id": str(app.pk), "type": "APP", "application": app.name}
        return {"data": about | {"is_valid": True, "scopes": [], "expires_at": 0}}
    token = token_behind(raw)
    if token is None or token.app.business_id != caller.business.pk:
        return {"data": _invalid(_("There is no such token."), INVALID)}
    return {"data": _about(token, call.now)}


def _about(token: AccessToken, now: datetime) -> dict:
    expires = int(token.expires_at.timestamp()) if token.expires_at else 0
    targets = [str(pk) for pk in token.profile_ids] or [str(token.app.business_id)]
    about = {
        "app_id": str(token.app_id),
        "type": "SYSTEM_USER",
        "application": token.app.name,
        "data_access_expires_at": 0,
        "expires_at": expires,
        "issued_at": int(token.created_at.timestamp()),
        "is_valid": True,
        "scopes": list(token.scopes),
        "granular_scopes": [{"scope": s, "target_ids": targets} for s in token.scopes],
        "user_id": str(token.created_by_id),
    }
    if token.revoked_at or token.app.closed_at:
        return about | _invalid(_("The token was revoked."), 460)
    if token.expires_at and token.expires_at <= now:
        return about | _invalid(_("The token has expired."), EXPIRED)
    return about


def _invalid(message: str, subcode: int) -> dict:
    return {
        "is_valid": False,
        "scopes": [],
        "error": {"code": 190, "message": message, "subcode": subcode},
    }


def app_upload(call: RootCall) -> dict:
    """Announce a file for whichever app calls."""
    return begin_upload(call.caller(), call.data)


def get_me(call: RootCall) -> dict:
    """Who the token stands for: its maker, or the app where its secret came."""
    caller = call.caller()
    known = caller.token.created_by_id if caller.token else caller.app.pk
    return select({"id": str(known), "name": caller.app.name}, call.data, default=("name",))


def get_my_businesses(call: RootCall) -> dict:
    """The one business that the token is of."""
    business = call.caller().business
    return {"data": [{"id": str(business.pk), "name": business.name}]}


def get_template_library(call: RootCall) -> dict:
    """There are no ready-made templates to choose from."""
    call.caller()
    return {"data": []}


ROOTS: dict[tuple[str, str], Callable[[RootCall], Any]] = {
    ("oauth/access_token", "GET"): app_token,
    ("oauth/access_token", "POST"): app_token,
    ("debug_token", "GET"): debug_token,
    ("app/uploads", "POST"): app_upload,
    ("me", "GET"): get_me,
    ("me/businesses", "GET"): get_my_businesses,
    ("message_template_library", "GET"): get_template_library,
}


def upload_root(call: RootCall, session_id: str) -> dict:
    """/upload:…: its bytes by POST, its state by GET."""
    caller = call.caller()
    if call.request.method in ("GET", "HEAD"):
        return upload_state(caller, session_id)
    if call.request.method != "POST":
        raise GraphError(100, _("Send the bytes by POST."), status=405)
    offset = call.request.headers.get("file_offset", "") or call.request.META.get(
        "HTTP_FILE_OFFSET", ""
    )
    return continue_upload(caller, session_id, call.request.body, offset)
