"""Whether a profile may ask for money now; asked when it does, and again when the person pays.

Each no is a Refused with a sentence for the business and a code:

    payments_off    the operator switched payments in chats off
    closed          the profile or its business is closed
    test_profile    a sandbox can't ask for real money
    not_verified    nobody knows whether the business is who it says
    no_plan         the subscription is not paid
    not_clear       the profile is warned, limited, suspended or revoked
    no_account      it has no account at Stripe that may be paid yet
    payments_frozen our staff froze its payments
"""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import PaymentAccount, PaymentHalt
from portal.base.refused import Refused
from profiles.models import Business, Profile


def payments_are_off() -> bool:
    """Whether the operator's switch is thrown: the setting, or a halt by staff."""
    return not settings.PAYMENT_REQUESTS or PaymentHalt.objects.filter(ended_at=None).exists()


def may_request_payment(profile: Profile, *, now: datetime | None = None) -> PaymentAccount:
    """The account that `profile` may be paid on now. Raises Refused, with the codes above."""
    now = now or timezone.now()
    if payments_are_off():
        raise Refused(_("Payments in chats are switched off at the moment."), code="payments_off")
    _check_profile(profile, now)
    account = PaymentAccount.objects.filter(business_id=profile.business_id).first()
    if account is None or not account.charges_enabled or account.disconnected_at:
        raise Refused(
            _("Set up payments first, on the page Payments. Stripe asks a few questions."),
            code="no_account",
        )
    if account.frozen_at:
        raise Refused(
            _("Our staff froze your payments: %(why)s") % {"why": account.frozen_reason},
            code="payments_frozen",
        )
    return account


def _check_profile(profile: Profile, now: datetime) -> None:
    if profile.closed_at or profile.business.closed_at:
        raise Refused(_("This profile is closed."), code="closed")
    if profile.is_test:
        raise Refused(_("A test profile can't ask for money."), code="test_profile")
    if not profile.business.is_verified(now):
        raise Refused(
            _("Only a verified business can ask for money. Finish the verification."),
            code="not_verified",
        )
    if not profile.business.is_paid(now):
        raise Refused(
            _("Asking for money needs a plan. Choose one on the page Plan and billing."),
            code="no_plan",
        )
    if profile.standing != Profile.Standing.CLEAR:
        raise Refused(
            _(
                "Only a profile in clear standing can ask for money. The page Quality says why "
                "this one is not, and how to appeal."
            ),
            code="not_clear",
        )


def verified_name(business: Business) -> str:
    """The legal name that was verified: what people see before they pay."""
    current = business.verifications.filter(ended_at=None).select_related("case").first()
    return (current.case.legal_name if current else "") or business.name
