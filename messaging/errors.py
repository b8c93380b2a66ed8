"""The Cloud API's error codes: title, HTTP status and type, as docs/api/errors.md lists them."""

from typing import NamedTuple


class Code(NamedTuple):
    """One error as clients know it."""

    title: str
    status: int = 400
    type: str = "OAuthException"


GRAPH = "GraphMethodException"

CODES: dict[int, Code] = {
    0: Code("Authentication failed", 401),
    1: Code("An unknown error occurred", 500),
    2: Code("The service is temporarily down", 503),
    3: Code("This method is not available to the app", 403),
    4: Code("Too many calls by this app", 429),
    10: Code("Permission denied", 403),
    33: Code("This profile does not exist any more", 400),
    100: Code("Invalid parameter", 400),
    190: Code("The access token is not valid", 401),
    200: Code("The access token lacks a permission", 403),
    368: Code("Temporarily blocked for policy violations", 403),
    2200: Code("The webhook could not be verified", 400),
    2500: Code("Unknown path", 400),
    80007: Code("Too many calls for this account", 429),
    130429: Code("Too many messages at once", 429),
    130497: Code("Not allowed in this country or for this audience", 403),
    131000: Code("Something went wrong", 500),
    131005: Code("Access denied", 403),
    131008: Code("A required parameter is missing", 400),
    131009: Code("A parameter's value is not valid", 400),
    131016: Code("The service is temporarily unavailable", 503),
    131021: Code("The recipient can't be the sender", 400),
    131026: Code("Message undeliverable", 400),
    131030: Code("The recipient is not a test person", 400),
    131031: Code("The account is locked", 403),
    131037: Code("The display name is not approved", 400),
    131042: Code("Not eligible: the subscription or the verification is missing", 400),
    131045: Code("The profile is not registered", 500),
    131047: Code("More than 24 hours have passed since the person last wrote", 400),
    131048: Code("Sending is limited for quality", 400),
    131049: Code("Not delivered, to keep people's inboxes healthy", 400),
    131050: Code("The person does not want adverts from you", 400),
    131051: Code("This type of message is not supported", 400),
    131052: Code("The media could not be downloaded", 400),
    131053: Code("The media could not be uploaded", 400),
    131056: Code("Too many messages to this person", 429),
    131057: Code("The account is in maintenance", 500),
    131062: Code("This template can't go to a user id", 400),
    132000: Code("The number of parameters does not match the template", 400),
    132001: Code("The template does not exist or is not approved", 404),
    132005: Code("The text is too long once filled in", 400),
    132007: Code("The template breaks a content rule", 400),
    132008: Code("A parameter's value is not valid", 400),
    132012: Code("A parameter's format does not match the template", 400),
    132015: Code("The template is paused", 400),
    132016: Code("The template is disabled", 400),
    132068: Code("The flow is blocked", 400),
    132069: Code("The flow is throttled", 400),
    133000: Code("The earlier registration is not finished", 500),
    133004: Code("The service is temporarily unavailable", 503),
    133005: Code("The PIN is wrong", 400),
    133010: Code("The profile is not active", 400),
    133016: Code("Too many registrations", 429),
    135000: Code("The message can't be sent", 400),
    137000: Code("The recipient's identity has changed", 400),
    139100: Code("Some people could not be blocked or unblocked", 400),
    139101: Code("The block list is full", 400),
    139102: Code("The block list is being changed", 400),
    139103: Code("Something went wrong with the block list", 500),
}
