"""Addresses of messaging, by face."""

from django.urls import include, path

urlpatterns = [
    path("", include("messaging.api.urls")),
]
