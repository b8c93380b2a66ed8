"""The page of ready words and of what is said by itself."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.forms.replies import AwayForm, CannedReplyForm, GreetingForm, KeywordForm
from messaging.models import AutomaticReply, CannedReply
from messaging.services.conversations.replies import (
    add_canned_reply,
    add_keyword_reply,
    delete_canned_reply,
    delete_keyword_reply,
    set_automatic_reply,
)
from portal.base.refused import Refused
from profiles.models import Business
from profiles.tenancy import ANSWER, MANAGE, MemberRequest, business_page, in_business

Kind = AutomaticReply.Kind
FORMS = {
    "canned": CannedReplyForm,
    "greeting": GreetingForm,
    "away": AwayForm,
    "keyword": KeywordForm,
}


@require_http_methods(["GET", "HEAD", "POST"])
@in_business(roles=ANSWER)
def replies(request: MemberRequest, business: Business) -> HttpResponse:
    """All of them; POST adds, sets or deletes one. Agents add ready words, managers the rest."""
    forms = _forms(business)
    if request.method == "POST":
        what = request.POST.get("what", "")
        if request.membership.role not in MANAGE and what != "canned":
            raise Http404
        if what == "delete":
            return _delete(request, business)
        if what not in FORMS:
            raise Http404
        form = FORMS[what](request.POST, auto_id=f"{what}_%s")
        if form.is_valid():
            try:
                _save(request, business, what, form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.sentence)
            else:
                messages.success(request, _("Saved."))
                return redirect("replies", business.slug)
        forms[what] = form
    context: dict[str, Any] = {
        "forms": forms,
        "canned": CannedReply.objects.filter(business=business),
        "keywords": _automatic(business).filter(kind=Kind.KEYWORD),
        "may_manage": request.membership.role in MANAGE,
    }
    status = 422 if request.method == "POST" else 200
    return business_page(
        request, business, "messaging/inbox/replies.html", status=status, **context
    )


def _automatic(business: Business) -> QuerySet[AutomaticReply]:
    return AutomaticReply.objects.filter(business=business)


def _forms(business: Business) -> dict[str, Any]:
    own = {reply.kind: reply for reply in _automatic(business).exclude(kind=Kind.KEYWORD)}
    greeting, away = own.get(Kind.GREETING), own.get(Kind.AWAY)
    hours = {"opens": 9, "closes": 18, "days": [0, 1, 2, 3, 4]}
    if away:
        hours = {"opens": away.opens, "closes": away.closes, "days": away.days}
    return {
        "canned": CannedReplyForm(auto_id="canned_%s"),
        "greeting": GreetingForm(
            initial={"body": greeting.body if greeting else ""}, auto_id="greeting_%s"
        ),
        "away": AwayForm(initial={"body": away.body if away else "", **hours}, auto_id="away_%s"),
        "keyword": KeywordForm(auto_id="keyword_%s"),
    }


def _save(request: MemberRequest, business: Business, what: str, said: dict) -> None:
    if what == "canned":
        add_canned_reply(business, by=request.user, **said)
    elif what == "keyword":
        add_keyword_reply(business, by=request.user, **said)
    else:
        set_automatic_reply(business, what, by=request.user, **said)


def _delete(request: MemberRequest, business: Business) -> HttpResponse:
    pk = request.POST.get("pk", "")
    if uuid := request.POST.get("uuid"):
        rows = [row for row in _automatic(business) if str(row.uuid) == uuid]
        if not rows:
            raise Http404
        delete_keyword_reply(rows[0], by=request.user)
    else:
        reply = get_object_or_404(
            CannedReply, business=business, pk=int(pk) if pk.isdecimal() and len(pk) < 15 else 0
        )
        delete_canned_reply(reply, by=request.user)
    return redirect("replies", business.slug)
