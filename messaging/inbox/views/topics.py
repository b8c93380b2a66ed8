"""Topics that a person wants no adverts about, from anybody."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from audience.models import Person, Topic
from audience.services.topics import choose_muted_topics, mute_topic, muted_topics
from messaging.inbox.page import show
from messaging.inbox.pauses import UntilField
from messaging.inbox.sessions import as_person
from portal.base.refused import Refused


class TopicsForm(forms.Form):
    """What adverts must not be about; the page draws the ticks."""

    topics = forms.MultipleChoiceField(choices=Topic, required=False)
    until = UntilField(
        label=gettext_lazy("Only until"),
        help_text=gettext_lazy("For what you tick now. Leave it empty for good."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def topics(request: HttpRequest, person: Person) -> HttpResponse:
    """The topics, ticked where they are muted."""
    muted = muted_topics(person.pk)
    form = TopicsForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        chosen, until = form.cleaned_data["topics"], form.cleaned_data["until"]
        try:
            choose_muted_topics(person.pk, chosen, until=until)
        except Refused as refusal:
            form.add_error("until", refusal.sentence)
        else:
            messages.info(request, _("Saved. It holds from now on."))
            return redirect("inbox_topics")
    ticked = request.POST.getlist("topics") if form.is_bound else muted
    rows = [(topic, topic in ticked, muted.get(topic)) for topic in Topic]
    return show(request, person, "topics.html", form=form, rows=rows)


@require_POST
@as_person
def mute_one(request: HttpRequest, person: Person) -> HttpResponse:
    """One tap on a topic: no more adverts about it."""
    topic = request.POST.get("topic", "")
    try:
        mute_topic(person.pk, topic)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.info(
            request,
            _("No more adverts about “%(topic)s”, from anybody. Untick it to have them again.")
            % {"topic": Topic(topic).label},
        )
    return redirect("inbox_topics")
