from django.urls import path

from trust.views import quality, transparency

urlpatterns = [
    path("w/<slug:slug>/quality/", quality.quality, name="quality"),
    path("w/<slug:slug>/quality/appeal/<uuid:uuid>/", quality.decision, name="decision"),
    path(
        "w/<slug:slug>/quality/appeal/<uuid:uuid>/statement.json",
        quality.statement,
        name="statement",
    ),
    path("transparency/", transparency.transparency, name="transparency"),
    path("transparency/<slug:name>/", transparency.transparency, name="transparency_of"),
    path("transparency/<slug:name>.csv", transparency.transparency_csv, name="transparency_csv"),
    path("transparency/<slug:name>.json", transparency.transparency_json, name="transparency_json"),
]
