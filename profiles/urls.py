from django.urls import path

from profiles.views import home, members, notices, profiles, verification

urlpatterns = [
    path("b/<str:handle>/", profiles.profile_public, name="profile_public"),
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
