"""What the staff's admin shows around its pages: the sidebar, the counts on it, the home page."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from messaging.models import Template
from profiles import desk
from profiles.models import VerificationCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

State = VerificationCase.State

# Groups of the sidebar: title, then (label, icon, admin address, permission, badge) each. An entry
# shows only to who may see its page.
SIDEBAR: list[tuple["StrOrPromise | None", list[tuple["StrOrPromise", str, str, str, str]]]] = [
    (None, [(_("Dashboard"), "monitoring", "admin:index", "", "")]),
    (
        _("Queues"),
        [
            (
                _("Verification"),
                "verified",
                "admin:profiles_verificationcase_changelist",
                "profiles.view_verificationcase",
                "portal.staff.waiting_cases",
            ),
            (
                _("Templates"),
                "description",
                "admin:messaging_template_changelist",
                "messaging.view_template",
                "portal.staff.waiting_templates",
            ),
            (
                _("Reports"),
                "flag",
                "admin:trust_spamreport_changelist",
                "trust.view_spamreport",
                "trust.admin.counts.waiting_reports",
            ),
            (
                _("Cases"),
                "folder_open",
                "admin:trust_case_changelist",
                "trust.view_case",
                "trust.admin.counts.open_cases",
            ),
            (
                _("Appeals"),
                "balance",
                "admin:trust_appeal_changelist",
                "trust.view_appeal",
                "trust.admin.counts.open_appeals",
            ),
            (
                _("Sending now"),
                "campaign",
                "admin:messaging_campaign_changelist",
                "messaging.view_campaign",
                "",
            ),
            (
                _("Second yes"),
                "how_to_reg",
                "admin:trust_proposal_changelist",
                "trust.view_proposal",
                "trust.admin.counts.open_proposals",
            ),
            (
                _("Second looks"),
                "visibility",
                "admin:trust_secondlook_changelist",
                "trust.view_secondlook",
                "trust.admin.counts.waiting_looks",
            ),
        ],
    ),
    (
        _("Directory"),
        [
            (
                _("Businesses"),
                "store",
                "admin:profiles_business_changelist",
                "profiles.view_business",
                "",
            ),
            (
                _("Profiles"),
                "badge",
                "admin:profiles_profile_changelist",
                "profiles.view_profile",
                "",
            ),
            (
                _("Decisions"),
                "gavel",
                "admin:trust_decision_changelist",
                "trust.view_decision",
                "",
            ),
        ],
    ),
    (
        _("Money"),
        [
            (_("Money"), "payments", "admin:billing_money", "billing.view_money", ""),
            (
                _("Subscriptions"),
                "autorenew",
                "admin:billing_subscription_changelist",
                "billing.view_subscription",
                "",
            ),
            (
                _("Invoices"),
                "receipt_long",
                "admin:billing_invoice_changelist",
                "billing.view_invoice",
                "",
            ),
            (
                _("Refunds"),
                "undo",
                "admin:billing_refund_changelist",
                "billing.view_refund",
                "",
            ),
            (
                _("Disputes"),
                "report",
                "admin:billing_dispute_changelist",
                "billing.view_dispute",
                "",
            ),
            (
                _("Payments in chats"),
                "point_of_sale",
                "admin:billing_paymentrequest_changelist",
                "billing.view_paymentrequest",
                "",
            ),
            (
                _("Refunds in chats"),
                "undo",
                "admin:billing_paymentrefund_changelist",
                "billing.view_paymentrefund",
                "",
            ),
            (
                _("Complaints about payments"),
                "support_agent",
                "admin:billing_paymentdispute_changelist",
                "billing.view_paymentdispute",
                "",
            ),
            (
                _("Accounts of businesses"),
                "account_balance",
                "admin:billing_paymentaccount_changelist",
                "billing.view_paymentaccount",
                "",
            ),
            (
                _("Stopping payments"),
                "front_hand",
                "admin:billing_paymenthalt_changelist",
                "billing.view_paymenthalt",
                "",
            ),
            (
                _("Agreements"),
                "handshake",
                "admin:billing_planoverride_changelist",
                "billing.view_planoverride",
                "",
            ),
            (
                _("Stripe events"),
                "sync",
                "admin:billing_stripeevent_changelist",
                "billing.view_stripeevent",
                "",
            ),
        ],
    ),
    (
        _("System"),
        [
            (
                _("Messengers"),
                "hub",
                "admin:messaging_messenger_changelist",
                "messaging.view_messenger",
                "",
            ),
            (
                _("Audit"),
                "history",
                "admin:profiles_auditrow_changelist",
                "profiles.view_auditrow",
                "",
            ),
            (_("Users"), "group", "admin:profiles_user_changelist", "profiles.view_user", ""),
            (
                _("Policy"),
                "rule",
                "admin:trust_policy_changelist",
                "trust.view_policy",
                "",
            ),
            (
                _("Review reasons"),
                "rate_review",
                "admin:profiles_reviewreason_changelist",
                "profiles.view_reviewreason",
                "",
            ),
            (
                _("Protected names"),
                "shield",
                "admin:profiles_protectedname_changelist",
                "profiles.view_protectedname",
                "",
            ),
            (
                _("Preset reasons"),
                "notes",
                "admin:trust_preset_changelist",
                "trust.view_preset",
                "",
            ),
        ],
    ),
]


def navigation(request: HttpRequest) -> list[dict]:
    """The sidebar for this member of staff."""
    groups = []
    for title, entries in SIDEBAR:
        items = [item for entry in entries if (item := _item(request, *entry))]
        if items:
            groups.append({"title": title, "separator": bool(title), "items": items})
    return groups


def home(request: HttpRequest, context: dict) -> dict:
    """The home page: what waits and for how long, the numbers, the last 28 days."""
    now = timezone.now()
    queues = desk.queue.seen_by(request.user, now)
    return context | {
        "title": _("Dashboard"),
        "queues": [(entry, entry.is_late(now)) for entry in queues],
        "figures": desk.figure.seen_by(request.user, now),
        "curves": desk.curve.seen_by(request.user, now),
        "now": now,
    }


def _item(
    request: HttpRequest, title: "StrOrPromise", icon: str, name: str, permission: str, badge: str
) -> dict | None:
    if permission and not request.user.has_perm(permission):
        return None
    try:
        link = reverse(name)
    except NoReverseMatch:  # a part that is not installed
        return None
    item = {"title": title, "icon": icon, "link": link}
    count = import_string(badge)(request) if badge else ""
    return item | {"badge": count} if count else item  # an empty queue has no badge


def waiting_cases(request: HttpRequest) -> str:
    """How many verification cases wait for staff."""
    count = VerificationCase.objects.filter(state__in=(State.SUBMITTED, State.IN_REVIEW)).count()
    return str(count) if count else ""


def waiting_templates(request: HttpRequest) -> str:
    """How many templates the linter left to staff."""
    count = Template.objects.filter(status=Template.Status.PENDING, deleted_at=None).count()
    return str(count) if count else ""
