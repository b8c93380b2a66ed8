"""The statement of reasons that goes with every decision: plain words, numbers, and the fields of
the EU's DSA statement (Regulation 2022/2065, article 17).
"""

import re
from math import floor

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from profiles.models import Profile
from trust.models import Decision, SpamReport, Unit
from trust.services.published import in_words, published_people, published_units

Standing = Profile.Standing

TITLES = {
    Standing.CLEAR: gettext_lazy("%(name)s is in good standing again"),
    Standing.WARNED: gettext_lazy("A warning for %(name)s"),
    Standing.LIMITED: gettext_lazy("%(name)s may reach fewer people for now"),
    Standing.SUSPENDED: gettext_lazy("%(name)s has lost its badge for now"),
    Standing.REVOKED: gettext_lazy("%(name)s has lost its badge"),
}
EFFECTS = {
    Standing.CLEAR: gettext_lazy("The badge shows, and everything may be sent again."),
    Standing.WARNED: gettext_lazy(
        "Nothing changes yet. If complaints go on, the profile will be limited."
    ),
    Standing.LIMITED: gettext_lazy(
        "The daily cap is one step lower, and each campaign waits for staff, at most 72 hours."
    ),
    Standing.SUSPENDED: gettext_lazy(
        "The badge is off. Campaigns have stopped. You can answer people who write to you."
    ),
    Standing.REVOKED: gettext_lazy(
        "The badge is off for good. Campaigns have stopped. You can answer people who wrote to "
        "you for 72 hours more. A new verification is possible after 180 days."
    ),
}
GROUNDS = {
    Decision.Rule.EVIDENCE: gettext_lazy(
        "Rule 2: the evidence against the badge, summed over all campaigns and days, has passed "
        "%(line).1f, where this rung begins."
    ),
    Decision.Rule.STOPS: gettext_lazy(
        "Rule 1 stopped %(stops)d campaigns within 28 days because too many people complained."
    ),
    Decision.Rule.OUTRAGE: gettext_lazy(
        "In one campaign more than %(outrage)g %% of the people complained; an honest sender "
        "reaches that less than once in a million."
    ),
    Decision.Rule.NO_APPEAL: gettext_lazy(
        "The profile was suspended and nobody appealed within 72 hours."
    ),
    Decision.Rule.CALM: gettext_lazy(
        "The evidence has faded below %(back).1f and the last days were clean."
    ),
    Decision.Rule.STAFF: gettext_lazy("A member of staff decided this after looking at the case."),
    Decision.Rule.APPEAL: gettext_lazy(
        "Another member of staff looked at the case on your appeal."
    ),
    Decision.Rule.STAY: gettext_lazy(
        "The appeal was not decided in time, so the measure rests until it is."
    ),
    Decision.Rule.UNDO: gettext_lazy(
        "The decision before this one was our mistake. It was taken back at once."
    ),
}
LINES = {
    "warned": "warn_at",
    "limited": "limit_at",
    "suspended": "suspend_at",
    "revoked": "revoke_at",
}

# The words of the DSA Transparency Database, version 2 of its fields.
DSA_ACCOUNT = {
    Standing.SUSPENDED: "DECISION_ACCOUNT_SUSPENDED",
    Standing.REVOKED: "DECISION_ACCOUNT_TERMINATED",
}
DSA_PROVISION = {
    Standing.LIMITED: "DECISION_PROVISION_PARTIAL_SUSPENSION",
    Standing.SUSPENDED: "DECISION_PROVISION_PARTIAL_SUSPENSION",
    Standing.REVOKED: "DECISION_PROVISION_TOTAL_TERMINATION",
}


def statement_of(decision: Decision) -> dict:
    """Everything the business is told, as stored with the decision: texts and the DSA's fields.

    The decision need not be saved yet; its profile must already stand where it says.
    """
    profile, to = decision.profile, Standing(decision.to_standing)
    facts = decision.inputs.get("facts", {})
    rules = decision.policy.rules
    ground = str(GROUNDS[Decision.Rule(decision.rule)]) % {
        "line": getattr(rules, LINES.get(to, "warn_at")),
        "back": rules.limit_back if decision.from_standing == Standing.LIMITED else rules.warn_back,
        "stops": facts.get("stops", 0),
        "outrage": 100 * rules.outrage_rate,
    }
    samples = samples_for(profile) if decision.is_against else []
    texts = {
        "title": str(TITLES[to]) % {"name": profile.name},
        "effect": str(EFFECTS[to]),
        "ground": ground,
        "facts": decision.reason or _facts(decision),
        "numbers": _numbers(decision),
        "samples": samples,
        "would_have_changed": _would_have_changed(decision),
        "redress": _redress(decision),
    }
    return {**texts, "dsa": _dsa(decision, texts) if decision.is_against else None}


def body_of(decision: Decision) -> str:
    """The statement as the text of a notice and mail."""
    parts = [decision.statement["effect"], decision.statement["ground"]]
    if decision.reason:
        parts.append(_("Reason: %(reason)s") % {"reason": decision.reason})
    parts.append(decision.statement["redress"])
    return "\n\n".join(part for part in parts if part)


def _facts(decision: Decision) -> str:
    """What was seen, in a sentence, where no person has put it in words."""
    facts = decision.inputs.get("facts")
    if not facts:
        return ""
    least = getattr(
        decision.policy.rules, f"{LINES.get(decision.to_standing, '')[:-3]}_reporters", 0
    )
    many = published_people(facts["reporters"])
    return _("At least %(reporters)d people blocked or reported the profile within 28 days.") % {
        "reporters": many or least or 1
    }


def _numbers(decision: Decision) -> list[dict]:
    """The units that weigh most, with the counts that the business may know."""
    weights = {row["unit"]: row["likelihood"] for row in decision.inputs.get("units", [])}
    worst = sorted(weights, key=lambda key: -weights[key])[:5]
    units = Unit.objects.filter(profile_id=decision.profile_id, key__in=worst)
    rows = sorted(published_units(units), key=lambda row: worst.index(row.key))
    return [
        {
            "unit": row.title,
            "people": in_words(row.people, below=row.hidden_below),
            "blocks": in_words(row.blocks, below=row.hidden_below),
            "reports": in_words(row.reports, below=row.hidden_below),
            "gain": floor(weights[row.key]),
        }
        for row in rows
        if weights[row.key] >= 1
    ]


def exact_numbers(decision: Decision, most: int = 5) -> list[tuple[str, float, float]]:
    """(unit, complaints, people), by weight, of those that weigh most: for staff alone."""
    units = sorted(decision.inputs.get("units", []), key=lambda unit: -unit["likelihood"])
    return [
        (unit["title"], round(unit["x"], 2), round(unit["n"], 1))
        for unit in units[:most]
        if unit["likelihood"] > 0
    ]


def _would_have_changed(decision: Decision) -> str:
    if not decision.is_against:
        return ""
    rules, line = decision.policy.rules, LINES.get(decision.to_standing)
    if decision.by_id or line is None or decision.rule not in ("evidence", "stops", "outrage"):
        return _("What changes it is what you can show on appeal.")
    return _(
        "With complaints from fewer than %(rate).1f %% of people the sum would not have grown; "
        "below %(line).1f this measure would not have been taken."
    ) % {"rate": 100 * rules.honest_rate, "line": getattr(rules, line)}


def _redress(decision: Decision) -> str:
    if not decision.is_against:
        return ""
    return _(
        "You can appeal within 6 months on the page of this decision. Somebody who had no part "
        "in it decides within %(hours)d hours; if not, the measure rests until it is decided."
    ) % {"hours": decision.policy.rules.appeal_hours}


def samples_for(profile: Profile, most: int = 3) -> list[str]:
    """A few of the messages that people reported: the business's own words, nobody named."""
    reports = SpamReport.objects.filter(profile=profile, kind=SpamReport.Kind.SPAM).exclude(
        state=SpamReport.State.DISMISSED
    )
    texts: list[str] = []
    for report in reports.order_by("-created_at")[:50]:
        text = redacted(str(report.evidence.get("body", "")))
        if text and text not in texts:
            texts.append(text)
        if len(texts) == most:
            break
    return texts


def redacted(text: str) -> str:
    """Without what could name a person: addresses and long numbers are blotted out."""
    text = re.sub(r"\S+@\S+", "•••", text)
    text = re.sub(r"\+?\d[\d .\-]{4,}\d", "•••", text)
    return text[:300]


def _dsa(decision: Decision, texts: dict) -> dict:
    to = Standing(decision.to_standing)
    automatic = decision.by_id is None
    samples = len(texts["samples"])
    return {
        "decision_visibility": ["DECISION_VISIBILITY_OTHER"] if to in Profile.BADGE_OFF else [],
        "decision_visibility_other": texts["effect"] if to in Profile.BADGE_OFF else None,
        "decision_monetary": None,
        "decision_provision": DSA_PROVISION.get(to),
        "decision_account": DSA_ACCOUNT.get(to),
        "account_type": "ACCOUNT_TYPE_BUSINESS",
        "decision_facts": " ".join(
            [
                texts["facts"] or texts["ground"],
                ngettext(
                    "%(n)d reported message was looked at.",
                    "%(n)d reported messages were looked at.",
                    samples,
                )
                % {"n": samples},
            ]
        ),
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": _("Rules on unwanted messages, policy %(version)d")
        % {"version": decision.policy.version},
        "incompatible_content_explanation": texts["ground"],
        "incompatible_content_illegal": "No",
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": "STATEMENT_CATEGORY_SCOPE_OF_PLATFORM_SERVICE",
        "territorial_scope": [],
        "content_language": settings.LANGUAGE_CODE.upper()[:2],
        "content_date": decision.made_at.date().isoformat(),
        "application_date": decision.made_at.date().isoformat(),
        "source_type": "SOURCE_TYPE_OTHER_NOTIFICATION",
        "automated_detection": "Yes" if automatic else "No",
        "automated_decision": (
            "AUTOMATED_DECISION_FULLY" if automatic else "AUTOMATED_DECISION_NOT_AUTOMATED"
        ),
        "redress": texts["redress"],
        "puid": str(decision.uuid),
    }
