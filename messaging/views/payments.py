"""Asking for money from the shared inbox."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.models import PaymentRequest
from messaging.forms.payments import PaymentForm
from messaging.services.conversations.handling import conversation_of
from messaging.services.payments import request_again, request_payment
from portal.base.refused import Refused
from profiles.models import Business
from profiles.tenancy import ANSWER, MemberRequest, business_page, in_business


@require_http_methods(["GET", "HEAD", "POST"])
@in_business(roles=ANSWER)
def payment_new(
    request: MemberRequest, business: Business, handle: str, number: str
) -> HttpResponse:
    """The bill as a page of its own: where the dialog leads when something is missing."""
    profile = get_object_or_404(business.profiles.select_related("business"), handle=handle)
    if (found := conversation_of(profile, number)) is None:
        raise Http404
    form = PaymentForm(request.POST or None, business=business)
    if request.method == "POST" and form.is_valid():
        bill = form.cleaned_data
        try:
            request_payment(
                profile,
                found.person_id,
                by=request.user,
                items=bill["items"],
                extras=bill["extras"],
                currency=bill["currency"],
                reference_id=bill["reference"],
                expires_at=form.expires_at,
                content={"body": {"text": bill["words"]}} if bill["words"] else None,
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("Asked. The chat shows when it is paid."))
            return redirect("conversation", business.slug, handle, number)
    return business_page(
        request,
        business,
        "messaging/payments/ask.html",
        status=422 if form.errors else 200,
        form=form,
        handle=handle,
        number=number,
    )


@require_POST
@in_business(roles=ANSWER)
def payment_repeat(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """Ask again for what expired or was cancelled."""
    row = get_object_or_404(
        PaymentRequest.objects.select_related("profile__business"), business=business, uuid=uuid
    )
    try:
        message = request_again(row, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("payment", business.slug, row.uuid)
    messages.success(request, _("Asked again. The chat shows when it is paid."))
    return redirect("payment", business.slug, (message.content or {})["payment"])
