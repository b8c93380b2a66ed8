"""The reviewer's desk: what the dialogs ask for, the letter they will send, what to look at."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from portal.base.written import number_in
from profiles.letters import APPROVE, ASK, REJECT, Letter, letter_for
from profiles.models import Business, Check, Profile, ReviewReason, VerificationCase
from profiles.services.changes import digest_of

State = VerificationCase.State
# What a person can find right by looking; the others are found by programs.
BY_EYE = (Check.Kind.REGISTER, Check.Kind.ADDRESS, Check.Kind.REPRESENTATIVE)
KEYS = (
    ("A", _("Approve")),
    ("R", _("Reject")),
    ("I", _("Ask for information")),
    ("N", _("Take the next case")),
    ("1–9", _("In a dialog: choose this reason")),
    ("Enter", _("In a dialog: decide; the next case opens")),
    ("Esc", _("Close the dialog")),
    ("?", _("Show these keys")),
)


class LetterForm(BaseDialogForm):
    """A dialog that ends in a letter, shown as the business will read it."""

    decision = ""
    form_after_template = "admin/profiles/letter.html"

    def __init__(self, request: HttpRequest, object_id: Any = None, **kwargs: Any) -> None:
        super().__init__(request=request, object_id=object_id, **kwargs)
        case = VerificationCase.objects.select_related("business").filter(pk=object_id).first()
        if case is None:
            raise Http404
        self.case = case

    def get_after_template_context(self, request: HttpRequest, object_id: Any = None) -> dict:
        return {"letter": self.letter(), "case": self.case, "decision": self.decision}

    def letter(self) -> Letter:
        """The letter with the reason as far as it is written."""
        return letter_for(self.case, self.decision, reason=self.reason())

    def reason(self) -> str:
        return ""


class ApproveForm(LetterForm):
    decision = APPROVE

    checked = forms.MultipleChoiceField(
        label=_("What you looked at and found right"),
        choices=[(kind.value, kind.label) for kind in BY_EYE],
        initial=[Check.Kind.REGISTER],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Anyone can read this at the badge."),
    )
    seen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Kept in the audit only."),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.case.kind == VerificationCase.Kind.CHANGE:
            del self.fields["checked"]
            self.fields["seen"].initial = digest_of(self.case)
        else:
            del self.fields["seen"]

    def letter(self) -> Letter:
        return letter_for(self.case, self.decision)


class SentReasonForm(LetterForm):
    """A reason: one that is sent often, words of one's own, or both."""

    used_for = ""

    preset = forms.ModelChoiceField(
        ReviewReason.objects.none(),
        label=_("Reason"),
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
    )
    words = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields["preset"].queryset = ReviewReason.objects.filter(used_for=self.used_for)

    def reason(self) -> str:
        if not self.is_bound:
            return str(_("(your reason)"))
        chosen = self.data.get("preset", "")
        rows = self.fields["preset"].queryset  # type: ignore[attr-defined]
        preset = rows.filter(pk=number_in(chosen)).first()
        parts = [preset.text if preset else "", self.data.get("words", "").strip()]
        return "\n\n".join(part for part in parts if part)

    def clean(self) -> dict:
        given = super().clean() or self.cleaned_data
        given["reason"] = self.reason()
        if not given["reason"]:
            said = _("A reason is required: choose one, or say it in your own words.")
            self.add_error("words", said)
        return given


class RejectForm(SentReasonForm):
    decision, used_for = REJECT, ReviewReason.For.REJECT


class AskForm(SentReasonForm):
    decision, used_for = ASK, ReviewReason.For.ASK


FORMS: dict[str, type[LetterForm]] = {
    APPROVE: ApproveForm,
    REJECT: RejectForm,
    ASK: AskForm,
}


def desk_of(case: VerificationCase) -> dict:
    """What the reviewer sees above the case: its place, what is to change, who looks alike."""
    waiting = VerificationCase.objects.filter(state__in=(State.SUBMITTED, State.IN_REVIEW))
    checks = {check.kind: check for check in case.checks.all()}
    alike = checks.get(Check.Kind.LOOK_ALIKE)
    evidence = alike.evidence if alike else {}
    return {
        "open": case.state in (State.SUBMITTED, State.IN_REVIEW),
        "others": waiting.exclude(pk=case.pk).count(),
        "since": timesince(case.submitted_at) if case.submitted_at else "",
        "changes": [_shown_change(each, case) for each in case.changes],
        "names": _with_owners(evidence.get("names", {})),
        "logos": _logos(evidence.get("logos", []), case),
        "keys": KEYS,
    }


def _shown_change(change: dict, case: VerificationCase) -> dict:
    labels = {"name": _("Name"), "logo": _("Logo"), "website": _("Website")}
    profile = Profile.objects.filter(pk=int(change["profile"] or 0)).first()
    return change | {
        "label": labels[change["field"]],
        "whose": f"@{profile.handle}" if profile else str(case.business),
        "is_picture": change["field"] == "logo",
        "before_file": change["before"].rpartition("/")[2],
        "after_file": change["after"].rpartition("/")[2],
    }


def _with_owners(names: dict[str, list[dict]]) -> list[dict]:
    """Each pair of names that look alike, with whose the other one is."""
    pairs = [each | {"own": own} for own, similar in names.items() for each in similar]
    return [pair | {"owner": _owner(pair["business"])} for pair in pairs]


def _logos(found: list[dict], case: VerificationCase) -> list[dict]:
    own = case.business.profiles.filter(closed_at=None, is_test=False).exclude(logo="").first()
    return [
        each
        | {
            "owner": _owner(each["business"]),
            "own_url": own.logo_url if own else "",
            "url": _logo_url(each),
        }
        for each in found
    ]


def _owner(pk: str) -> Business | None:
    """None for a name that is protected without being anybody's here."""
    return Business.objects.filter(pk=int(pk)).first() if pk else None


def _logo_url(found: dict) -> str:
    profile = Profile.objects.filter(business_id=int(found["business"] or 0), name=found["like"])
    first = profile.first()
    return first.logo_url if first else ""
