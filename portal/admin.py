"""The staff's admin site."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from profiles.second_factor import has_second_factor, passed_second_factor


class SignetAdminSite(UnfoldAdminSite):
    """Staff only, and only in a session that passed its second factor; allauth is the only door."""

    def register(self, model_or_iterable, admin_class=None, **options) -> None:
        """Only pages made for this site; those that other packages bring along are left out."""
        if admin_class and issubclass(admin_class, ModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return user.is_active and user.is_staff and passed_second_factor(request)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Where `admin_view` sends whoever may not enter: to what they lack, and then back."""
        back = self._way_back(request)
        if not request.user.is_authenticated:
            return redirect_to_login(back)
        if not request.user.is_staff:
            raise Http404  # to everyone else there is no admin
        if self.has_permission(request):
            return HttpResponseRedirect(back)
        if not has_second_factor(request.user):
            messages.warning(
                request, _("Staff sign in with two factors. Set up an authenticator app first.")
            )
            return redirect("mfa_index")
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        return redirect("mfa_index")

    password_change_done = password_change

    def _way_back(self, request: HttpRequest) -> str:
        back = request.GET.get("next", "")
        ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
        return back if ours else reverse("admin:index")
