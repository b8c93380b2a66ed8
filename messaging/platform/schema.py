"""How the platform API's OpenAPI schema introduces itself."""

SETTINGS = {
    "TITLE": "Signet platform API",
    "VERSION": "1",
    "DESCRIPTION": "For the operator's messenger: docs/platform.md.",
    "SERVERS": [{"url": "/platform/v1"}],
    "SCHEMA_PATH_PREFIX": "",
    "COMPONENT_SPLIT_REQUEST": True,
}
