"""The front page and, in the demo, its doors."""

from django.urls import path

from portal.demo import doors

urlpatterns = [
    path("", doors.front, name="front"),
    path("demo/bank/", doors.bank, name="door_bank"),
    path("demo/moderator/", doors.moderator, name="door_moderator"),
    path("demo/person/", doors.person, name="door_person"),
    path("demo/integrator/", doors.integrator, name="door_integrator"),
]
