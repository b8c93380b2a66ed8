"""Index of this app's tasks, for Celery."""

from profiles.services.audit_chain import seal_audit
from profiles.services.documents import delete_old_documents
from profiles.services.domains import check_domains
from profiles.services.terms import lapse_verifications, remind_of_renewal

__all__ = [
    "check_domains",
    "delete_old_documents",
    "lapse_verifications",
    "remind_of_renewal",
    "seal_audit",
]
