"""Every failure as the Graph error envelope: whatever happens, there is a code and a message."""

import logging

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.utils.translation import gettext as _

from messaging.errors import CODES, GRAPH
from messaging.services.integrators.idempotency import KeyMisused
from messaging.services.integrators.rates import CALLS, MESSAGES, PAIR, STRANGERS, TooFast
from portal.base.refused import Refused

logger = logging.getLogger(__name__)

# What a rule's no is called in the Cloud API (codes of messaging.rules and the services).
REFUSED = {
    "not_verified": 131042,
    "no_plan": 131042,
    "quota_reached": 131042,
    "no_account": 131042,
    "test_profile": 131042,
    "not_clear": 131031,
    "payments_frozen": 131031,
    "payments_off": 131016,
    "day_limit": 131048,
    "reference_taken": 131009,
    "invalid_reference": 131009,
    "invalid_expiry": 131009,
    "invalid_amount": 131009,
    "invalid_currency": 131009,
    "paid": 131009,
    "suspended": 131031,
    "revoked": 131031,
    "closed": 133010,
    "unknown_recipient": 131026,
    "blocked": 131026,
    "contact_blocked": 131026,
    "window_closed": 131047,
    "advert_limit": 131049,  # their budget, or their quiet hours
    "opted_out": 131050,
    "cap_reached": 131048,
    "template_not_approved": 132001,
    "template_paused": 132015,
    "template_disabled": 132016,
    "class_mismatch": 132007,
    "parameter_count": 132000,
    "parameter_format": 132012,
    "text_too_long": 132005,
    "media_type": 131053,
    "media_size": 131053,
    "media_link": 131053,
    "media_busy": 131016,
    "file_unreadable": 131053,
    "file_too_large": 131053,
    "list_full": 139101,
    "empty": 131008,
    "too_long": 131009,
    "invalid": 131009,
    "nonce_used": 100,
    "challenge_failed": 2200,
    "address_not_allowed": 100,
}


RATES = {CALLS: 80007, MESSAGES: 130429, PAIR: 131056, STRANGERS: 131048}


class GraphError(Exception):
    """A failure in the words of the Cloud API.

    Arguments:
        code: a key of messaging.errors.CODES.
        details: what is wrong with this very request, and what to do.
        subcode: narrows the code where clients look at it.
        status, type: where they differ from the code's own.
        retry_after: seconds, sent as the header Retry-After.
    """

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        subcode: int | None = None,
        status: int | None = None,
        type: str | None = None,
        message: str = "",
        retry_after: int | None = None,
        extra: dict | None = None,
    ) -> None:
        super().__init__(details)
        known = CODES[code]
        self.code, self.details, self.subcode = code, details, subcode
        self.status, self.type = status or known.status, type or known.type
        self.message = message or f"(#{code}) {known.title}"
        self.retry_after = retry_after
        self.extra = extra or {}

    def as_dict(self, trace: str) -> dict:
        """The envelope's content; `trace` finds the request in the log."""
        error: dict = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
            error["error_user_msg"] = self.details
        if self.status in (429, 503):
            error["is_transient"] = True
        error["fbtrace_id"] = trace
        return error


def unknown_node(node_id: str, method: str) -> GraphError:
    """The one answer for what does not exist and for what is somebody else's."""
    return GraphError(
        100,
        subcode=33,
        type=GRAPH,
        message=(
            f"Unsupported {method.lower()} request. Object with ID '{node_id}' does not exist, "
            "cannot be loaded due to missing permissions, or does not support this operation"
        ),
    )


def missing(name: str) -> GraphError:
    return GraphError(131008, _("The parameter “%s” is required.") % name)


def wrong(name: str, sentence: str) -> GraphError:
    return GraphError(131009, f"{name}: {sentence}")


def graph_error(error: Exception) -> GraphError:
    """Whatever was raised, as the client is told of it."""
    if isinstance(error, GraphError):
        return error
    if isinstance(error, Refused):
        return GraphError(REFUSED.get(error.code, 100), error.sentence)
    if isinstance(error, TooFast):
        details = _("Too many at once. Wait %d seconds and try again.") % error.wait
        return GraphError(RATES[error.what], details, retry_after=error.wait)
    if isinstance(error, KeyMisused):
        return GraphError(100, error.sentence, status=409 if error.is_busy else 422)
    if isinstance(error, RequestDataTooBig):
        return GraphError(100, _("The request is too large."), status=413)
    if isinstance(error, SuspiciousOperation | UnicodeError):
        return GraphError(100, _("The request can't be read."))
    logger.error("Unexpected in the messaging API", exc_info=error)
    return GraphError(131000)
