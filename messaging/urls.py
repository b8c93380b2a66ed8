"""Addresses of messaging, by face: business's pages under /w/, people's under /m/, the API."""

from django.urls import include, path

from messaging.views import inbox

WORKSPACE = "w/<slug:slug>/"

urlpatterns = [
    path("m/", include("messaging.inbox.urls")),
    path(f"{WORKSPACE}inbox/", inbox.inbox, name="business_inbox"),
    path(f"{WORKSPACE}inbox/<slug:handle>/<str:number>/", inbox.conversation, name="conversation"),
    path(f"{WORKSPACE}inbox/<slug:handle>/<str:number>/act/", inbox.act, name="conversation_act"),
    path("", include("messaging.api.urls")),
]
