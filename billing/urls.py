from django.urls import path

from billing.views import billing, changes, pay, payments, prices, webhook

PAGE = "w/<slug:slug>/billing/"
PAYMENTS = "w/<slug:slug>/payments/"

urlpatterns = [
    path("pricing/", prices.pricing, name="pricing"),
    path(PAGE, billing.billing, name="billing"),
    path(f"{PAGE}payer/", billing.billing_payer, name="billing_payer"),
    path(f"{PAGE}checkout/", billing.billing_checkout, name="billing_checkout"),
    path(f"{PAGE}return/", billing.billing_return, name="billing_return"),
    path(f"{PAGE}portal/", billing.billing_portal, name="billing_portal"),
    path(f"{PAGE}change/", changes.billing_change, name="billing_change"),
    path(f"{PAGE}change/<uuid:uuid>/", changes.billing_offer, name="billing_offer"),
    path(f"{PAGE}ending/", changes.billing_ending, name="billing_ending"),
    path(f"{PAGE}invoices/<slug:stripe_id>/", changes.billing_invoice, name="billing_invoice"),
    path(PAYMENTS, payments.payments, name="payments"),
    path(f"{PAYMENTS}setup/", payments.payments_setup, name="payments_setup"),
    path(f"{PAYMENTS}return/", payments.payments_return, name="payments_return"),
    path(f"{PAYMENTS}again/", payments.payments_again, name="payments_again"),
    path(f"{PAYMENTS}export.csv", payments.payments_csv, name="payments_csv"),
    path(f"{PAYMENTS}books/", payments.payments_books, name="payments_books"),
    path(f"{PAYMENTS}<uuid:uuid>/", payments.payment, name="payment"),
    path(f"{PAYMENTS}<uuid:uuid>/code.svg", payments.payment_code, name="payment_code"),
    path(f"{PAYMENTS}<uuid:uuid>/act/", payments.payment_act, name="payment_act"),
    path("pay/<str:token>/", pay.pay, name="pay"),
    path("pay/<str:token>/return/", pay.pay_return, name="pay_return"),
    path("pay/<str:token>/wrong/", pay.pay_complain, name="pay_complain"),
    path("stripe/webhook/connect/", webhook.stripe_webhook, name="stripe_connect_webhook"),
    path("stripe/webhook/", webhook.stripe_webhook, name="stripe_webhook"),
]
