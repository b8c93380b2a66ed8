"""What one business calls the person: chosen here, never taken from what the messenger knows."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audience.models import Person
from messaging.inbox.page import show
from messaging.inbox.sessions import as_person
from messaging.inbox.views.chats import profile_for
from messaging.models import Contact
from messaging.names import LONGEST, name_for
from messaging.services.people.names import choose_name
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import Profile


class NameForm(forms.Form):
    """A name for one business."""

    name = forms.CharField(
        max_length=LONGEST, required=False, label=gettext_lazy("What should it call you?")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def chosen_name(request: HttpRequest, person: Person, handle: str) -> HttpResponse:
    """The name as it is; POST chooses another, or none."""
    profile = profile_for(person, handle)
    contact = contact_of(person, profile)
    form = NameForm(request.POST or None, initial={"name": contact.name if contact else ""})
    if request.method == "POST" and form.is_valid():
        try:
            contact = choose_name(person.pk, profile, name=form.cleaned_data["name"])
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            said = {"name": profile.name, "you": known_as(person, profile, contact)}
            messages.success(request, _("%(name)s now knows you as %(you)s.") % said)
        return redirect("chat", profile.handle)
    guest = known_as(person, profile, None)
    return show(request, person, "name.html", profile=profile, form=form, guest=guest)


def contact_of(person: Person, profile: Profile) -> Contact | None:
    """The person as the profile's business knows them, if it does."""
    return Contact.objects.filter(person_id=person.pk, business_id=profile.business_id).first()


def known_as(person: Person, profile: Profile, contact: Contact | None) -> str:
    """What the profile's business reads where the person's name would stand."""
    return name_for(contact, pairwise_number(profile.business_id, person.pk))
