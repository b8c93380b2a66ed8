from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ReviewReason(models.Model):
    """Words that reviewers often send: a refusal, or what is missing. Staff edit them."""

    class For(models.TextChoices):
        REJECT = "reject", _("Refusals")
        ASK = "ask", _("Questions")

    used_for = models.CharField(_("used for"), max_length=6, choices=For)
    title = models.CharField(_("title"), max_length=60, help_text=_("What reviewers choose by."))
    text = models.TextField(_("text"), max_length=1000, help_text=_("What the business reads."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("review reason")
        ordering = ["used_for", "position", "pk"]

    def __str__(self) -> str:
        return self.title


class ProtectedName(models.Model):
    """A name, or a logo, that needs a person's look whoever asks for one like it.

    For names whose owner is not here: banks, authorities, the operator itself.
    """

    name = models.CharField(_("name"), max_length=120)
    note = models.CharField(_("why"), max_length=300, blank=True)
    logo_hash = models.CharField(max_length=16, blank=True, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("protected name")
        constraints = [
            # A name is protected once at a time.
            models.UniqueConstraint(
                fields=["name"], condition=Q(ended_at=None), name="one_protected_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
