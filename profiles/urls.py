from django.urls import path

from profiles.views import (
    confirm,
    home,
    members,
    notices,
    profiles,
    registry,
    verification,
    viewing,
)

urlpatterns = [
    path("account/confirm/", confirm.ConfirmByMailView.as_view(), name="confirm_by_mail"),
    path("account/viewing/stop/", viewing.viewing_stop, name="viewing_stop"),
    path("b/<str:handle>/", profiles.profile_public, name="profile_public"),
    path("registry/", registry.registry, name="registry"),
    path("registry/<str:handle>.json", registry.profile_json, name="registry_profile"),
    path("registry/log/head/", registry.log_head, name="registry_head"),
    path("registry/log/entries/", registry.log_entries, name="registry_entries"),
    path("registry/log/inclusion/", registry.log_inclusion, name="registry_inclusion"),
    path("registry/log/consistency/", registry.log_consistency, name="registry_consistency"),
    path("logo/<str:name>", profiles.profile_logo, name="profile_logo"),
    path("invite/<uuid:token>/", members.invitation, name="invitation"),
    path("w/", home.businesses, name="businesses"),
    path("w/new/", home.business_new, name="business_new"),
    path("w/<slug:slug>/", home.business_home, name="business_home"),
    path("w/<slug:slug>/verification/", verification.verification, name="verification"),
    path(
        "w/<slug:slug>/verification/documents/<uuid:uuid>/remove/",
        verification.document_remove,
        name="document_remove",
    ),
    path("w/<slug:slug>/profile/", profiles.public_profile, name="public_profile"),
    path("w/<slug:slug>/profile/take-back/", profiles.change_take_back, name="change_take_back"),
    path("w/<slug:slug>/team/", members.team, name="team"),
    path("w/<slug:slug>/team/<int:pk>/role/", members.member_change, name="member_change"),
    path("w/<slug:slug>/team/<int:pk>/remove/", members.member_remove, name="member_remove"),
    path(
        "w/<slug:slug>/team/invitations/<uuid:token>/withdraw/",
        members.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path("w/<slug:slug>/notifications/", notices.notifications, name="notifications"),
    path(
        "w/<slug:slug>/notifications/<uuid:uuid>/dismiss/",
        notices.notice_dismiss,
        name="notice_dismiss",
    ),
]
