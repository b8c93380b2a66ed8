"""The steps of the checklist that this app knows about."""

from django.urls import reverse
from django.utils.translation import gettext as _

from profiles.checklist import Step, step
from profiles.models import Business, VerificationCase

State = VerificationCase.State


@step(order=10)
def make_a_profile(business: Business) -> Step:
    return Step(
        title=_("Make your public profile"),
        hint=_("Name, handle and logo: what people see. About 2 minutes."),
        url=reverse("public_profile", args=[business.slug]),
        done=business.profiles.filter(is_test=False, closed_at=None).exists(),
    )


@step(order=20)
def get_verified(business: Business) -> Step:
    about_identity = business.cases.filter(kind=VerificationCase.Kind.IDENTITY)
    case = about_identity.order_by("-created_at").first()
    state = case.state if case else ""
    hints: dict[str, str] = {
        State.SUBMITTED: _("Handed in. We are looking at it."),
        State.IN_REVIEW: _("Handed in. We are looking at it."),
        State.NEEDS_INFORMATION: _("We need one more thing from you."),
        State.REJECTED: _("Refused. The reason is on the page."),
    }
    return Step(
        title=_("Have your business verified"),
        hint=hints.get(state, _("Who you are, and a register extract. About 5 minutes.")),
        url=reverse("verification", args=[business.slug]),
        done=business.is_verified(),
        waiting=state in (State.SUBMITTED, State.IN_REVIEW),
    )
