"""A Stripe of one's own machine, for `make run` and the tests; production never imports it.

    python -m billing.devpeer

    our code > a thin front (this package) > localstripe

localstripe keeps the money (customers, cards, 3-D Secure, declines, subscriptions, invoices,
refunds) in a process of its own, reached over HTTP only. The front speaks today's API towards our
code: prices, hosted Checkout and Portal pages with test cards, events, signatures, repeats.

What is not credible here: renewals, dunning, exact proration and tax. Those are tested with signed
events, and against Stripe's test mode (docs/billing.md).
"""
