"""Notices to the business: all of them, and putting one away."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from profiles.models import Business
from profiles.tenancy import MemberRequest, business_page, in_business


@require_GET
@in_business()
def notifications(request: MemberRequest, business: Business) -> HttpResponse:
    page = Paginator(business.notices.order_by("-created_at"), 30).get_page(request.GET.get("page"))
    return business_page(request, business, "profiles/notifications.html", page=page)


@require_POST
@in_business()
def notice_dismiss(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    notice = get_object_or_404(business.notices, uuid=uuid)
    business.notices.filter(pk=notice.pk, dismissed_at=None).update(dismissed_at=timezone.now())
    back = "business_home" if request.POST.get("from") == "home" else "notifications"
    return redirect(back, slug=business.slug)
