from trust.models.appeals import Appeal
from trust.models.cases import Case
from trust.models.complaints import Complaint, Mark, SpamReport
from trust.models.decisions import Decision
from trust.models.evidence import DeliveryDelta, Evidence, Reading, Unit
from trust.models.policy import Policy

__all__ = [
    "Appeal",
    "Case",
    "Complaint",
    "Decision",
    "DeliveryDelta",
    "Evidence",
    "Mark",
    "Policy",
    "Reading",
    "SpamReport",
    "Unit",
]
