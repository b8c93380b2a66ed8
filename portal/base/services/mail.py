"""Mail, sent from the outbox."""

from django.core.mail import send_mail

from portal.base.services.outbox import handles, post


def mail(to: str, *, subject: str, body: str) -> None:
    """Send a plain-text mail once the running transaction has committed."""
    post("mail", to=to, subject=subject, body=body)


@handles("mail")
def _send(payload: dict) -> None:
    send_mail(payload["subject"], payload["body"], None, [payload["to"]])
