"""The step of a business's checklist that plans know about."""

from django.urls import reverse
from django.utils.translation import gettext as _

from billing.plans import TRIAL_DAYS
from profiles.checklist import Step, step
from profiles.models import Business


@step(order=30)
def choose_a_plan(business: Business) -> Step:
    return Step(
        title=_("Choose a plan"),
        hint=_("%(days)d days are free. The badge shows while a plan is paid or tried.")
        % {"days": TRIAL_DAYS},
        url=reverse("billing", args=[business.slug]),
        done=business.is_paid(),
    )
