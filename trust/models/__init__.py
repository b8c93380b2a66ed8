from trust.models.appeals import Appeal
from trust.models.cases import Case
from trust.models.complaints import Complaint, Mark, SpamReport
from trust.models.decisions import Decision
from trust.models.evidence import DeliveryDelta, Evidence, Reading, Unit
from trust.models.policy import Policy
from trust.models.proposals import Preset, Proposal, SecondLook
from trust.models.transparency import TransparencyReport

__all__ = [
    "Appeal",
    "Case",
    "Complaint",
    "Decision",
    "DeliveryDelta",
    "Evidence",
    "Mark",
    "Policy",
    "Preset",
    "Proposal",
    "Reading",
    "SecondLook",
    "SpamReport",
    "TransparencyReport",
    "Unit",
]
