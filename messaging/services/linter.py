"""What can be said about a template before a person reads it: its form, its category, its risks.

The words that say so are quoted, so that a writer knows what to change and a reader where to look.
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import Template
from messaging.services import components as parts
from messaging.services.components import Fault

Category = Template.Category

# Words that make a message an advert, an answer to something the person did, or a sign-in code.
# English, Portuguese, Spanish and Hindi; one hit is a reason, the rest is for a person to judge.
WORDS: dict[str, str] = {
    Category.MARKETING: r"""
        sale | discounts? | offers? | deals? | \d+\s?%\s?off | %\s?off | coupons? | vouchers?
        | promo(?:tions?)? | promo\s?codes? | free\s(?:gift|shipping|trial|delivery) | buy\snow
        | shop\snow | order\snow | don['’]t\smiss | limited\stime | last\schance | just\sfor\syou
        | new\s(?:collection|arrivals?) | exclusive | best\sprices? | save\sup\sto
        | black\sfriday | cashback | win\sa | promoç(?:ão|ões) | descontos? | ofertas?
        | cupo(?:m|ns) | frete\sgrátis | compre\s(?:já|agora) | aproveite | imperdíve(?:l|is)
        | liquidação | novidades | últimas?\schances? | descuentos? | rebajas
        | promoci(?:ón|ones) | compra\sahora | envío\sgratis
        | ऑफर | छूट | सेल | मुफ़?्त | कैशबैक | डिस्काउंट""",
    Category.AUTHENTICATION: r"""
        (?:verification|security|sign-?in|login|one-?time)\s(?:code|password|passcode) | otp
        | código\sde\s(?:verificação|segurança|acesso|verificación|seguridad)
        | सत्यापन\sकोड | ओटीपी""",
    Category.UTILITY: r"""
        orders? | deliver(?:y|ed) | shipped | tracking | invoices? | receipts? | payments?
        | appointments? | bookings? | reservations? | flights? | gate | delayed | boarding
        | statement | balance | transactions? | account | reminder | due | refund(?:ed)?
        | confirm(?:ed|ation)? | fraud | pedidos? | entreg(?:a|ue) | enviado | rastre(?:io|ar)
        | faturas? | recibos? | pagamentos? | consulta | reservas? | voos? | portão | atrasado
        | saldo | transaç(?:ão|ões) | lembrete | estorno | pago | factura | cita | vuelo
        | ऑर्डर | डिलीवरी | भुगतान | बिल | उड़ान | खाता | बुकिंग""",
}
# What no honest template asks for. A person reads these before they are approved.
RISKS = [
    (
        r"(?:your|seu|sua|tu|su)\s(?:pin|password|senha|contraseña|cvv|card\snumber|"
        r"número\sdo\scartão)",
        gettext_lazy("It speaks of a secret that nobody should send."),
    ),
    (
        r"(?:account|conta|cuenta)\s(?:will\sbe|será|será)\s"
        r"(?:closed|suspended|blocked|bloquead[ao]|suspens[ao])",
        gettext_lazy("It threatens with the loss of an account."),
    ),
    (
        r"you(?:['’]ve|\shave)\swon|lottery|jackpot|você\sganhou|sorteio|loteria",
        gettext_lazy("It promises a prize."),
    ),
    (
        r"(?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|is\.gd|ow\.ly|cutt\.ly)/",
        gettext_lazy("It hides where a link goes."),
    ),
    (
        r"guaranteed\s(?:returns?|profit|income)|lucro\sgarantido|renda\sextra\sgarantida",
        gettext_lazy("It promises money without risk."),
    ),
    (r"https?://\d{1,3}(?:\.\d{1,3}){3}", gettext_lazy("It links to a number instead of a name.")),
]


@dataclass(frozen=True)
class Hit:
    """A passage of the template, and what it says about it."""

    quote: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """What the linter found. `is_clear` means that nobody has to read the template."""

    faults: list[Fault]
    predicted: str
    reasons: list[str]  # the words that speak for the predicted category
    risks: list[Hit]
    advice: list[Hit] = field(default_factory=list)
    category_fits: bool = True

    @property
    def is_clear(self) -> bool:
        return not self.faults and not self.risks and self.category_fits


def lint(components: list[dict], *, category: str, parameter_format: str = "POSITIONAL") -> Report:
    """Read normal components as a template of the category that its writer chose."""
    text = words_of(components)
    predicted, reasons = predict(components)
    return Report(
        faults=list(parts.faults(components, category=category, parameter_format=parameter_format)),
        predicted=predicted,
        reasons=reasons,
        risks=list(_risks(text)),
        advice=list(_advice(components)),
        category_fits=FITS[Category(category)](predicted),
    )


# An advert may call itself an advert whatever its words; nothing else may be one.
FITS = {
    Category.MARKETING: lambda predicted: predicted != Category.AUTHENTICATION,
    Category.UTILITY: lambda predicted: predicted == Category.UTILITY,
    Category.AUTHENTICATION: lambda predicted: predicted == Category.AUTHENTICATION,
}


def predict(components: list[dict]) -> tuple[str, list[str]]:
    """The category that the words speak for, and those words."""
    text = words_of(components)
    hits = {category: _hits(pattern, text) for category, pattern in WORDS.items()}
    buttons = parts.part(components, "BUTTONS").get("buttons", [])
    if any(button.get("type") == "OTP" for button in buttons):
        return Category.AUTHENTICATION, ["OTP"]
    if any(button.get("type") == "COPY_CODE" for button in buttons):
        hits[Category.MARKETING].append("COPY_CODE")
    if hits[Category.MARKETING]:
        return Category.MARKETING, hits[Category.MARKETING]
    if hits[Category.AUTHENTICATION]:
        return Category.AUTHENTICATION, hits[Category.AUTHENTICATION]
    if hits[Category.UTILITY]:
        return Category.UTILITY, hits[Category.UTILITY]
    return Category.MARKETING, []


def words_of(components: list[dict]) -> str:
    """All that a person would read of the template, line by line."""
    buttons = parts.part(components, "BUTTONS").get("buttons", [])
    return "\n".join(
        [
            *(
                parts.part(components, kind).get("text", "")
                for kind in ("HEADER", "BODY", "FOOTER")
            ),
            *(f"{button.get('text', '')} {button.get('url', '')}" for button in buttons),
        ]
    )


def _hits(pattern: str, text: str) -> list[str]:
    found = re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE | re.VERBOSE)
    return list(dict.fromkeys(match[0] for match in found))


def _risks(text: str):
    for pattern, sentence in RISKS:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield Hit(match[0], str(sentence))


def _advice(components: list[dict]):
    body = parts.part(components, "BODY")
    names = parts.variables(body.get("text", ""))
    if names and not body.get("example"):
        yield Hit(names[0], _("Add an example for each variable: review is quicker."))
    shouted = re.findall(r"\b[A-ZÀ-Þ]{4,}(?:\s+[A-ZÀ-Þ]{4,})+\b", body.get("text", ""))
    for words in shouted:
        yield Hit(words, _("Capitals read as shouting; people report it more often."))
