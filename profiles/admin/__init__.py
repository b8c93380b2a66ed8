from profiles.admin import audit, businesses, users, verification

__all__ = ["audit", "businesses", "users", "verification"]
