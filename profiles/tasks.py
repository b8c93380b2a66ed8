"""Index of this app's tasks, for Celery."""

from profiles.services.audit_chain import seal_audit
from profiles.services.documents import delete_abandoned_documents, delete_old_documents
from profiles.services.domains import check_domains
from profiles.services.terms import lapse_verifications, remind_of_renewal
from profiles.services.users import forget_ended_sessions

__all__ = [
    "check_domains",
    "delete_abandoned_documents",
    "delete_old_documents",
    "forget_ended_sessions",
    "lapse_verifications",
    "remind_of_renewal",
    "seal_audit",
]
