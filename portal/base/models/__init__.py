from portal.base.models.outbox import Outbox

__all__ = ["Outbox"]
