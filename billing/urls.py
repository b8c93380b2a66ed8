from django.urls import path

from billing.views import billing, changes, webhook

PAGE = "w/<slug:slug>/billing/"

urlpatterns = [
    path(PAGE, billing.billing, name="billing"),
    path(f"{PAGE}payer/", billing.billing_payer, name="billing_payer"),
    path(f"{PAGE}checkout/", billing.billing_checkout, name="billing_checkout"),
    path(f"{PAGE}return/", billing.billing_return, name="billing_return"),
    path(f"{PAGE}portal/", billing.billing_portal, name="billing_portal"),
    path(f"{PAGE}change/", changes.billing_change, name="billing_change"),
    path(f"{PAGE}change/<uuid:uuid>/", changes.billing_offer, name="billing_offer"),
    path(f"{PAGE}ending/", changes.billing_ending, name="billing_ending"),
    path(f"{PAGE}invoices/<slug:stripe_id>/", changes.billing_invoice, name="billing_invoice"),
    path("stripe/webhook/", webhook.stripe_webhook, name="stripe_webhook"),
]
