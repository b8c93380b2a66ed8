"""The end of looking at a business as staff."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from profiles.services.support import end_viewing
from profiles.tenancy import UserRequest
from profiles.viewing import KEY, viewed_business


@require_POST
@login_required
def viewing_stop(request: UserRequest) -> HttpResponse:
    business = viewed_business(request)
    request.session.pop(KEY, None)
    if business is None:
        return redirect("businesses")
    end_viewing(business, by=request.user)
    messages.info(request, _("You look at %(name)s as yourself again.") % {"name": business})
    return redirect(reverse("admin:profiles_business_change", args=[business.pk]))
