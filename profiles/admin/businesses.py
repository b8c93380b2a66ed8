"""Businesses, their members and their profiles."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from profiles.admin.base import ReadOnlyTable, ReasonForm, StaffAdmin, StaffRequest, dialog_action
from profiles.models import Business, Membership, Profile, SupportNote, VerificationCase
from profiles.overview import facts_of
from profiles.places import country_name
from profiles.services.support import begin_viewing, write_support_note
from profiles.services.terms import withdraw_verification
from profiles.viewing import PERMISSION, keep_viewing


class MemberTable(ReadOnlyTable):
    model = Membership
    fields = readonly_fields = ["user", "role", "joined_at", "removed_at"]
    verbose_name_plural = _("Members")
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("user", "business")


class ProfileTable(ReadOnlyTable):
    model = Profile
    fields = readonly_fields = ["handle", "name", "standing", "quality", "daily_cap"]
    show_change_link = True
    tab = True


class NoteTable(ReadOnlyTable):
    model = SupportNote
    fields = readonly_fields = ["written_at", "by", "text"]
    verbose_name_plural = _("Notes among staff")
    ordering = ["-written_at"]
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("by")


class NoteForm(BaseDialogForm):
    text = forms.CharField(
        label=_("Note"), max_length=4000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5})
    )


class WhyForm(BaseDialogForm):
    reason = forms.CharField(
        label=_("Why you need to"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Such as the number of the ticket. Kept in the audit."),
    )


class CaseTable(ReadOnlyTable):
    model = VerificationCase
    fields = readonly_fields = ["legal_name", "state", "submitted_at", "decided_at"]
    verbose_name_plural = _("Verification")
    show_change_link = True
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).exclude(state=VerificationCase.State.DRAFT)


@admin.register(Business)
class BusinessAdmin(StaffAdmin):
    editable = ("name", "country", "time_zone")
    list_display = ["who", "identity", "paid", "created_at"]
    list_filter = [("created_at", RangeDateFilter)]
    search_fields = ["name", "slug", "profiles__handle", "cases__legal_name"]
    search_help_text = _("Name, legal name or handle")
    ordering = ["-created_at"]
    inlines = [ProfileTable, CaseTable, MemberTable, NoteTable]
    actions_detail = ["view_as", "note", "withdraw"]
    change_form_outer_before_template = "admin/profiles/overview.html"

    class Media:
        css = {"all": ["css/pages/overview.css"]}

    def change_view(self, request, object_id, form_url="", extra_context=None):
        business = self.must_get(request, object_id)
        facts = facts_of(business, for_user=request.user, now=timezone.now())
        context = {"facts": facts} | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    @display(description=_("Business"), header=True, ordering="name")
    def who(self, business: Business) -> list[str]:
        return [business.name, country_name(business.country), business.name[:2].upper()]

    @display(description=_("Identity"), label={"verified": "success", "not": "info"})
    def identity(self, business: Business) -> tuple[str, object]:
        if business.is_verified():
            return "verified", _("Verified")
        return "not", _("Not verified")

    @display(description=_("Paid through"), ordering="paid_through")
    def paid(self, business: Business) -> str:
        return f"{business.paid_through:%Y-%m-%d}" if business.paid_through else "–"

    def has_view_as_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm(PERMISSION)

    @dialog_action(
        _("View as"),
        title=_("See this business's pages as it does"),
        text=_(
            "For 30 minutes, to look only. Each page you open is recorded. Conversations, "
            "contacts, keys and logs stay closed."
        ),
        form=WhyForm,
        submit=_("Look"),
        needs="view_as",
        icon="visibility",
    )
    def view_as(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        business = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: keep_viewing(
                request,
                business,
                until=begin_viewing(business, by=request.user, reason=form.cleaned_data["reason"]),
            ),
            done=_("You see what %(name)s sees.") % {"name": business},
            to=reverse("business_home", args=[business.slug]),
        )

    def has_note_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("profiles.add_supportnote")

    @dialog_action(
        _("Add a note"),
        title=_("A note for other staff"),
        text=_("The business never sees it. It can't be changed afterwards."),
        form=NoteForm,
        submit=_("Keep"),
        needs="note",
        icon="edit_note",
    )
    def note(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, write_support_note, done=_("Kept."))

    def has_withdraw_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("profiles.withdraw_verification")

    @dialog_action(
        _("Withdraw verification"),
        title=_("Withdraw the verification"),
        text=_("The badge is gone from this moment. For complaints, revoke the profile instead."),
        form=ReasonForm,
        submit=_("Withdraw"),
        needs="withdraw",
        icon="gpp_bad",
        variant=ActionVariant.DANGER,
    )
    def withdraw(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        business = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: withdraw_verification(
                business, by=request.user, reason=form.cleaned_data["reason"]
            ),
            done=_("%(name)s is no longer verified.") % {"name": business},
        )


@admin.register(Profile)
class ProfileAdmin(StaffAdmin):
    list_display = ["who", "show_standing", "show_quality", "badge", "business", "created_at"]
    list_filter = [("standing", ChoicesDropdownFilter), ("quality", ChoicesDropdownFilter)]
    list_select_related = ["business"]
    search_fields = ["name", "handle", "business__name"]
    ordering = ["-created_at"]
    readonly_fields = ["public_page", "picture"]
    exclude = ["logo"]  # it is shown from where it is served

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(is_test=False)

    @display(description=_("Logo"))
    def picture(self, profile: Profile) -> str:
        if not profile.logo_url:
            return "-"
        return format_html('<img src="{}" alt="" width="64" height="64">', profile.logo_url)

    @display(description=_("Profile"), header=True, ordering="name")
    def who(self, profile: Profile) -> list[str]:
        return [profile.name, f"@{profile.handle}", profile.name[:2].upper()]

    @display(
        description=_("Standing"),
        ordering="standing",
        label={
            "clear": "success",
            "warned": "warning",
            "limited": "warning",
            "suspended": "danger",
            "revoked": "danger",
        },
    )
    def show_standing(self, profile: Profile) -> tuple[str, object]:
        return profile.standing, profile.get_standing_display()

    @display(
        description=_("Quality"),
        ordering="quality",
        label={"unknown": "info", "green": "success", "yellow": "warning", "red": "danger"},
    )
    def show_quality(self, profile: Profile) -> tuple[str, object]:
        return profile.quality, profile.get_quality_display()

    @display(description=_("Badge"), boolean=True)
    def badge(self, profile: Profile) -> bool:
        return profile.shows_badge(timezone.now())

    @display(description=_("Public page"))
    def public_page(self, profile: Profile) -> str:
        url = reverse("profile_public", args=[profile.handle])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, url)


@admin.register(Membership)
class MembershipAdmin(StaffAdmin):
    list_display = ["user", "business", "role", "joined_at", "removed_at"]
    list_filter = [("role", ChoicesDropdownFilter)]
    list_select_related = ["user", "business"]
    search_fields = ["user__email", "user__name", "business__name"]
    ordering = ["-joined_at"]
