"""Names that people see: one spelling, and nothing in them that deceives the eye."""

import unicodedata

from django.utils.translation import gettext as _

from portal.base.refused import Refused

# Marks that turn the direction of writing, or take no room: they hide what a name says.
BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
ZERO_WIDTH = frozenset("\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u200d\u2060\u3164\ufeff\uffa0")
# What could be taken for the badge: ticks, seals, shields, stars in circles.
BADGE_SYMBOLS = frozenset("☑✅✓✔🗸🗹⍻√🛡🔰🏅🎖🥇✪⍟❂✵✦★⭐🌟🔵🟢🔷🔹")


def plain_name(name: str) -> str:
    """The name in NFKC with single spaces. Raises Refused for what could deceive.

    Source: Unicode UTS #39 (identifiers that look alike), UAX #9 (bidi controls).
    """
    for sign in name:  # looked at before NFKC, which would turn some of them into spaces
        if sign in BIDI_CONTROLS or sign in ZERO_WIDTH or _is_joiner(sign):
            raise Refused(
                _("The name contains an invisible character (U+%(code)04X). Please type it again.")
                % {"code": ord(sign)},
                code="name_invisible",
            )
        if sign in BADGE_SYMBOLS:
            raise Refused(
                _("“%(sign)s” looks like a badge, so it can't be part of a name.") % {"sign": sign},
                code="name_badge",
            )
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    if not plain or not any(unicodedata.category(sign)[0] in "LN" for sign in plain):
        raise Refused(_("Please give a name with letters or digits."), code="name_empty")
    if any(unicodedata.category(sign) in ("Cc", "Cn", "Co", "Cs") for sign in plain):
        raise Refused(_("The name contains a character that can't be shown."), code="name_control")
    return plain


def _is_joiner(sign: str) -> bool:
    """Variation selectors and tag characters: they only change how a neighbour is drawn."""
    code = ord(sign)
    return 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE01EF
