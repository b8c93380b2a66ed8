from profiles.models.audit import AuditHead, AuditRow, AuditSeal
from profiles.models.businesses import Business, Invitation, Membership
from profiles.models.notices import Notice
from profiles.models.profiles import Profile
from profiles.models.registry import RegistryEntry, RegistryHead, RegistryNode
from profiles.models.review import ProtectedName, ReviewReason
from profiles.models.support import SupportNote
from profiles.models.users import User
from profiles.models.verification import (
    BusinessKey,
    Check,
    Document,
    Verification,
    VerificationCase,
)

__all__ = [
    "AuditHead",
    "AuditRow",
    "AuditSeal",
    "Business",
    "BusinessKey",
    "Check",
    "Document",
    "Invitation",
    "Membership",
    "Notice",
    "Profile",
    "ProtectedName",
    "RegistryEntry",
    "RegistryHead",
    "RegistryNode",
    "ReviewReason",
    "SupportNote",
    "User",
    "Verification",
    "VerificationCase",
]
