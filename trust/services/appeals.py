"""Appeals: filed by the business, decided by somebody else in 72 hours, or the penalty rests."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Notice, User
from profiles.services.audit import record
from profiles.services.notices import notify
from trust.models import Appeal, Decision


def may_appeal(decision: Decision, now: datetime | None = None) -> bool:
    """Whether the decision takes something away, is young enough and was not appealed yet."""
    now = now or timezone.now()
    until = decision.made_at + timedelta(days=decision.policy.rules.appeal_days)
    return decision.is_against and now <= until and not hasattr(decision, "appeal")


@transaction.atomic
def file_appeal(decision: Decision, *, by: User, text: str, now: datetime | None = None) -> Appeal:
    """The business says why a decision is wrong. The clock of 72 hours starts."""
    now = now or timezone.now()
    decision = (
        Decision.objects.select_for_update(of=("self",))
        .select_related("profile__business", "policy")
        .get(pk=decision.pk)
    )
    if hasattr(decision, "appeal"):
        raise Refused(_("This decision was appealed already."), code="already_appealed")
    if not may_appeal(decision, now):
        raise Refused(_("This decision can't be appealed any more."), code="too_late")
    if not text.strip():
        raise Refused(_("Say why the decision is wrong."), code="no_reason")

    appeal = Appeal.objects.create(
        decision=decision,
        text=text.strip()[:4000],
        filed_by=by,
        filed_at=now,
        due_at=now + timedelta(hours=decision.policy.rules.appeal_hours),
        first_decider=decision.by,
        first_second=decision.seconded_by,
    )
    business = decision.profile.business
    record(appeal, "appeal.filed", by=by, business=business, decision=str(decision.uuid))
    notify(
        business,
        "appeal.filed",
        level=Notice.Level.INFO,
        title=_("Your appeal has arrived"),
        body=_("Somebody who had no part in the decision answers within %(hours)d hours.")
        % {"hours": decision.policy.rules.appeal_hours},
        link=reverse("decision", args=[business.slug, decision.uuid]),
    )
    announce(f"business:{business.pk}", "standing", decision.profile_id)
    return appeal
