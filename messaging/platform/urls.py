"""The platform API's addresses, below /platform/v1/."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from messaging.platform import errors, events, imports, people, profiles
from messaging.platform.schema import SETTINGS

operations = [
    path("people", people.PeopleView.as_view(), name="platform_people"),
    path("people/look-up", people.PersonView.as_view(), name="platform_person"),
    path("sessions", people.SessionsView.as_view(), name="platform_sessions"),
    path("events", events.EventsView.as_view(), name="platform_events"),
    path("erasures", people.ErasuresView.as_view(), name="platform_erasures"),
    path("exports", people.ExportsView.as_view(), name="platform_exports"),
    path("imports", imports.ImportsView.as_view(), name="platform_imports"),
    path("imports/<int:import_id>/rejects", imports.RejectsView.as_view(), name="platform_rejects"),
    path("profiles", profiles.ProfilesView.as_view(), name="platform_profiles"),
]

urlpatterns = [
    *operations,
    path(
        "schema",
        SpectacularJSONAPIView.as_view(
            patterns=operations, custom_settings=SETTINGS, authentication_classes=[]
        ),
        name="platform_schema",
    ),
    re_path(r"^(?P<rest>.*)$", errors.nothing_here),
]
