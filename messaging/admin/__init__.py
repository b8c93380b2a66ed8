from messaging.admin.templates import TemplateAdmin

__all__ = ["TemplateAdmin"]
