"""Ready words and automatic replies, as a business's managers set them."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from messaging.models import AutomaticReply, CannedReply
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record

MOST = 200  # of each sort
Kind = AutomaticReply.Kind


@transaction.atomic
def add_canned_reply(business: Business, *, name: str, body: str, by: User) -> CannedReply:
    """Words to have at hand. Raises Refused for a name that is there, or too many."""
    Business.objects.select_for_update().get(pk=business.pk)
    if CannedReply.objects.filter(business=business).count() >= MOST:
        raise Refused(_("There are at most %d of these. Delete one first.") % MOST)
    try:
        with transaction.atomic():
            reply = CannedReply.objects.create(business=business, name=name, body=body)
    except IntegrityError:
        raise Refused(_("This name is taken. Choose another."), code="name_taken") from None
    record(reply, "canned_reply.added", by=by)
    return reply


@transaction.atomic
def delete_canned_reply(reply: CannedReply, *, by: User) -> None:
    """Take the words away."""
    record(reply, "canned_reply.deleted", by=by)
    reply.delete()


@transaction.atomic
def set_automatic_reply(business: Business, kind: str, *, by: User, body: str, **hours) -> None:
    """Set the greeting or the away message; empty words say nothing from now on.

    Arguments:
        hours: opens and closes (hours of the business's clock) and days (0 is Monday), for away.
    """
    if kind == Kind.KEYWORD:
        raise ValueError("a keyword's reply is added, not set")
    Business.objects.select_for_update().get(pk=business.pk)
    rows = AutomaticReply.objects.filter(business=business, kind=kind)
    body = body.strip()
    if body:
        if not rows.update(body=body, **hours):
            AutomaticReply.objects.create(business=business, kind=kind, body=body, **hours)
    else:
        rows.delete()
    record(business, "automatic_reply.set", by=by, business=business, kind=kind, words=bool(body))


@transaction.atomic
def add_keyword_reply(business: Business, *, keyword: str, body: str, by: User) -> AutomaticReply:
    """Say something to a word. Raises Refused for a word that is there, or too many."""
    Business.objects.select_for_update().get(pk=business.pk)
    rows = AutomaticReply.objects.filter(business=business, kind=Kind.KEYWORD)
    if rows.count() >= MOST:
        raise Refused(_("There are at most %d of these. Delete one first.") % MOST)
    keyword = " ".join(keyword.split())
    try:
        with transaction.atomic():
            reply = AutomaticReply.objects.create(
                business=business, kind=Kind.KEYWORD, keyword=keyword, body=body
            )
    except IntegrityError:
        raise Refused(_("This keyword is taken. Choose another."), code="name_taken") from None
    record(reply, "automatic_reply.added", by=by)
    return reply


@transaction.atomic
def delete_keyword_reply(reply: AutomaticReply, *, by: User) -> None:
    """The word is answered by people again."""
    record(reply, "automatic_reply.deleted", by=by)
    reply.delete()
