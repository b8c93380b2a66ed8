from django.urls import path

from trust.views import quality

urlpatterns = [
    path("w/<slug:slug>/quality/", quality.quality, name="quality"),
    path("w/<slug:slug>/quality/appeal/<uuid:uuid>/", quality.decision, name="decision"),
]
