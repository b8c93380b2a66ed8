from django.urls import path

from billing.views import billing, webhook

urlpatterns = [
    path("w/<slug:slug>/billing/", billing.billing, name="billing"),
    path("w/<slug:slug>/billing/checkout/", billing.billing_checkout, name="billing_checkout"),
    path("w/<slug:slug>/billing/return/", billing.billing_return, name="billing_return"),
    path("w/<slug:slug>/billing/portal/", billing.billing_portal, name="billing_portal"),
    path("stripe/webhook/", webhook.stripe_webhook, name="stripe_webhook"),
]
