from profiles.admin import audit, businesses, names, users, verification

__all__ = ["audit", "businesses", "names", "users", "verification"]
