"""Which group of staff may do what with reports, cases, decisions, appeals and policies."""

from profiles.permissions import LEAD, MODERATOR, SUPPORT, VERIFIER

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "trust.view_spamreport": (VERIFIER, MODERATOR, SUPPORT, LEAD),
    "trust.decide_report": (MODERATOR, LEAD),
    "trust.view_case": (MODERATOR, SUPPORT, LEAD),
    "trust.work_case": (MODERATOR, LEAD),
    "trust.view_decision": (VERIFIER, MODERATOR, SUPPORT, LEAD),
    "trust.decide_standing": (MODERATOR, LEAD),
    "trust.set_cap": (LEAD,),
    "trust.view_proposal": (MODERATOR, LEAD),
    "trust.view_secondlook": (MODERATOR, LEAD),
    "trust.view_appeal": (MODERATOR, SUPPORT, LEAD),
    "trust.decide_appeal": (MODERATOR, LEAD),
    "trust.view_evidence": (MODERATOR, SUPPORT, LEAD),
    "trust.view_unit": (MODERATOR, SUPPORT, LEAD),
    "trust.view_policy": (MODERATOR, SUPPORT, LEAD),
    "trust.add_policy": (LEAD,),
    "trust.publish_policy": (LEAD,),
    "trust.view_preset": (MODERATOR, LEAD),
    "trust.add_preset": (LEAD,),
    "trust.change_preset": (LEAD,),
    "trust.delete_preset": (LEAD,),
}
