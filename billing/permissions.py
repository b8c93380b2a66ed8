"""Which group of staff may do what with money; see profiles/permissions.py."""

from profiles.permissions import FINANCE, LEAD, SUPPORT

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "billing.view_money": (FINANCE, LEAD),
    "billing.view_subscription": (FINANCE, SUPPORT, LEAD),
    "billing.view_customer": (FINANCE, SUPPORT, LEAD),
    "billing.view_invoice": (FINANCE, SUPPORT, LEAD),
    "billing.view_refund": (FINANCE, SUPPORT, LEAD),
    "billing.refund_invoice": (FINANCE,),
    "billing.view_dispute": (FINANCE, LEAD),
    "billing.view_planoverride": (FINANCE, SUPPORT, LEAD),
    "billing.add_planoverride": (FINANCE,),
    "billing.change_planoverride": (FINANCE,),
    "billing.view_stripeevent": (FINANCE, LEAD),
    "billing.replay_stripeevent": (FINANCE,),
    "billing.view_reconcilerun": (FINANCE, LEAD),
}
