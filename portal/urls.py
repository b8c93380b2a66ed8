"""Every address, by face. Rules live in the apps; this only says where each face begins."""

from django.contrib import admin
from django.urls import include, path

from portal import csp
from profiles.views.entrance import SignInView

handler500 = "portal.errors.server_error"

urlpatterns = [
    path("", include("messaging.api.urls")),  # first: most calls by far are messages
    path("admin/", admin.site.urls),
    path("account/login/", SignInView.as_view(), name="account_login"),  # before allauth's own
    path("account/", include("allauth.urls")),
    path("", include("profiles.urls")),
    path("", include("trust.urls")),
    path("", include("billing.urls")),
    path("", include("audience.urls")),
    path("", include("messaging.urls")),
    path("csp-report/", csp.report),
    path("", include("portal.demo.urls")),
    path("", include("portal.pages")),
    path("", include("portal.styleguide")),
]
