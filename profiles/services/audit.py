"""The audit: one row per change, in the transaction of the change."""

from django.db import models

from portal.base.request_id import current_request_id
from profiles.models import AuditRow, Business, User


def record(
    obj: models.Model,
    event: str,
    *,
    by: User | None,
    business: Business | None = None,
    **details: object,
) -> AuditRow:
    """Write down that `event` (dotted, past tense: "profile.revoked") happened to `obj`.

    Arguments:
        by: who did it; None says that the system did it by a rule.
        business: whose history it belongs to; found from the object where it has one.
        details: what changed and why; JSON values. The request's name joins them.
    """
    if name := current_request_id():
        details["request"] = name
    owner = business or (obj if isinstance(obj, Business) else getattr(obj, "business", None))
    return AuditRow.objects.create(
        actor=by,
        business_id=owner.pk if owner else None,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_name=str(obj)[:200],
        event=event,
        details=details,
    )
