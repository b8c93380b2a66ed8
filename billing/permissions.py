"""Which group of staff may do what with money; see profiles/permissions.py."""

from profiles.permissions import FINANCE, LEAD, MODERATOR, SUPPORT

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "billing.view_money": (FINANCE, LEAD),
    "billing.view_subscription": (FINANCE, SUPPORT, LEAD),
    "billing.view_customer": (FINANCE, SUPPORT, LEAD),
    "billing.view_invoice": (FINANCE, SUPPORT, LEAD),
    "billing.view_refund": (FINANCE, SUPPORT, LEAD),
    "billing.refund_invoice": (FINANCE,),
    "billing.view_dispute": (FINANCE, LEAD),
    # Payments in chats: who decides about people's complaints is not who handles the money.
    "billing.view_paymentrequest": (FINANCE, SUPPORT, MODERATOR, LEAD),
    "billing.view_paymentattempt": (FINANCE, SUPPORT, MODERATOR, LEAD),
    "billing.view_paymentrefund": (FINANCE, SUPPORT, LEAD),
    "billing.view_paymentaccount": (FINANCE, SUPPORT, MODERATOR, LEAD),
    "billing.view_paymentdispute": (FINANCE, SUPPORT, MODERATOR, LEAD),
    "billing.view_paymenthalt": (FINANCE, MODERATOR, LEAD),
    "billing.refund_paymentrequest": (FINANCE,),
    "billing.freeze_paymentaccount": (MODERATOR, LEAD),
    "billing.settle_paymentdispute": (MODERATOR, LEAD),
    "billing.halt_payments": (FINANCE, LEAD),
    "billing.view_planoverride": (FINANCE, SUPPORT, LEAD),
    "billing.add_planoverride": (FINANCE,),
    "billing.change_planoverride": (FINANCE,),
    "billing.view_stripeevent": (FINANCE, LEAD),
    "billing.replay_stripeevent": (FINANCE,),
    "billing.view_reconcilerun": (FINANCE, LEAD),
}
