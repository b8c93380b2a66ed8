from django.urls import path

from audience.views import audiences

urlpatterns = [
    path("w/<slug:slug>/audiences/", audiences.audiences, name="audiences"),
    path("w/<slug:slug>/audiences/new/", audiences.audience_new, name="audience_new"),
    path(
        "w/<slug:slug>/audiences/estimate/", audiences.audience_estimate, name="audience_estimate"
    ),
    path("w/<slug:slug>/audiences/<uuid:uuid>/", audiences.audience, name="audience"),
    path(
        "w/<slug:slug>/audiences/<uuid:uuid>/delete/",
        audiences.audience_delete,
        name="audience_delete",
    ),
]
