"""The words that the linter goes by: what makes a message an advert, an answer to something the
person did, or a sign-in code; and what no honest template says. English, Portuguese, Spanish and
Hindi; one hit is a reason, the rest is for a person to judge.
"""

from django.utils.translation import gettext_lazy as _

from messaging.models import Template

Category = Template.Category

WORDS: dict[str, str] = {
    Category.MARKETING: r"""
        sale(?!\s(?:a\slas?|a\s\{|de\sla)) | discounts? | offers? | deals? | half\sprice
        | \d+\s?%\s?(?:off|discount) | %\s?off | off\s(?:everything|all|your)
        | coupons? | vouchers? | (?:low|special)\sprices?
        | promo(?:tions?)? | promo\s?codes? | free\s(?:gift|shipping|trial|delivery) | buy\snow
        | shop\snow | order\snow | don['’]t\smiss | limited\stime | last\schance | just\sfor\syou
        | new\s(?:collection|arrivals?) | exclusive | best\sprices? | save\sup\sto
        | black\sfriday | cashback | win\sa | one\sfree | for\sfree | no\scharge | upgrade
        | discover | double\spoints
        | promoç(?:ão|ões) | descontos? | ofertas? | cupo(?:m|ns) | frete\sgrátis
        | compre\s(?:já|agora) | aproveite | imperdíve(?:l|is) | liquidação | novidades
        | conheça | descubra | descubre
        | últimas?\s(?:chances?|unidades) | (?:melhores\spreços|preço\sespecial)
        | descuentos? | rebajas | promoci(?:ón|ones) | compra\sahora | envío\sgratis
        | precios\s(?:increíbles|bajos|especiales) | cupón(?:es)?
        | ऑफर | छूट | सेल | मुफ़?्त | कैशबैक | डिस्काउंट""",
    Category.AUTHENTICATION: r"""
        (?:verification|security|sign-?in|login|access|one-?time|two-factor)
          \s(?:code|password|passcode) | passcode | otp
        | código\sde\s(?:verificação|segurança|acesso|verificación|seguridad|acceso)
        | सत्यापन\sकोड | ओटीपी""",
    Category.UTILITY: r"""
        orders? | deliver(?:y|ed) | shipped | tracking | invoices? | receipts? | payments?
        | appointments? | bookings? | reservations? | reserved | flights? | gate | delayed
        | boarding | platform | statement | balance | transactions? | account | reminder | due
        | refund(?:ed)? | confirm(?:ed|ation)? | fraud | maintenance | technician | parcel
        | package | warranty | collect | charged | scheduled | cancell?ed
        | your\s(?:claim|ticket|table|prescription|subscription|contract|registration|documents
          |results|car|driver|bus|train|meter|seat|return|card|request|application)
        | water\ssupply | power\s(?:will|is|was)
        | pedidos? | entreg(?:a|ue|ado) | enviado | encomenda | rastre(?:io|ar) | faturas?
        | recibos? | pagamentos? | consulta | reservas? | voos? | portão | atrasado | saldo
        | transaç(?:ão|ões) | lembrete | estorno | cartão | chamado | técnico | manutenção
        | exames? | agendad[oa]
        | pago | factura | cita | vuelo | paquete | recordatorio | tarjeta
        | ऑर्डर | डिलीवरी | भुगतान | बिल | उड़ान | खाता | खाते | बुकिंग | मुलाकात | रिफंड""",
}

_ASKS = r"(?:reply\swith|send(?:\sus)?|tell\sus|text\sus|give\sus|confirm|enter)"
_SECRET = r"(?:pin|password|passcode|cvv|card\snumber|maiden\sname|date\sof\sbirth|bank\sdetails)"

# What no honest template asks for or says, and the sentence about it. A person reads each of these.
RISKS = [
    (
        rf"{_ASKS}\b[^.!?]{{0,40}}\b{_SECRET}|\bcvv\b|maiden\sname|bank\sdetails"
        r"|(?<!change\s)(?<!reset\s)(?:your|seu|sua|tu|su)\s(?:pin|password|senha|contraseña|"
        r"card\snumber)|número\sd(?:o\scartão|e\s(?:la\s)?tarjeta)"
        r"|dados\sbancários|datos\sbancarios|पासवर्ड|(?<!\w)पिन(?!\w)",
        _("It speaks of a secret that nobody should send."),
    ),
    (
        r"code\s(?:that\s)?you\s(?:have\s)?(?:just\s)?(?:received|got)|código(?:\sde\s\w+)?\sque\s(?:você\s)?"
        r"(?:acabou|recebeu|recibiste|te\slleg)|(?:ओटीपी|कोड)[^।.]{0,20}(?:हमें|भेज)",
        _("It asks for a code that another service sent."),
    ),
    (
        r"(?:share|compartilhe|comparta|comparte)\s(?:your|a\s?sua|sua|tu|su)\s"
        r"(?:screen|tela|pantalla)|anydesk|teamviewer",
        _("It asks for control of a device."),
    ),
    (
        r"(?:account|conta|cuenta)\s(?:will\sbe|has\sbeen|será|foi|fue|ha\ssido)\s"
        r"(?:closed|suspended|blocked|bloquead[ao]|suspen(?:s|did)[ao])|खाता\sबंद",
        _("It threatens with the loss of an account."),
    ),
    (
        r"(?:cut|disconnected|cortad[ao])\s(?:off\s)?(?:in|within|em|en)\s[^.]{1,12}\s?h(?:our|ora)"
        r"|last\swarning|hacked|último\saviso|or\syour\s(?:photos|account|data)",
        _("It presses or threatens."),
    ),
    (
        r"(?:you['’]ve|you\shave)\swon|lottery|jackpot|prize\sis|você\sganhou|sorteio|loteria"
        r"|lotería|ganaste|has\sganado|लॉटरी|इनाम",
        _("It promises a prize."),
    ),
    (
        r"gift\scards?\b[^.]{0,30}\b(?:number|code|send)|send\b[^.]{0,30}\bgift\scards?"
        r"|bitcoin|crypto(?:currency|moeda)?|western\sunion"
        r"|pay\s(?:a|the)\s(?:small\s)?fee|(?<!não\s)pague\sa\staxa|fee\sof\s[^.]{1,12}\sfirst"
        r"|(?:retid[ao]|retenid[ao]|customs|aduana)\b[^!?]{0,40}\b(?:pay|pague)"
        r"|pag(?:a|ue)\s\S{1,12}\spara\srec(?:ibir|eber)",
        _("It asks to pay in a way that can't be taken back, or before anything is given."),
    ),
    (
        r"casino|cassino|\bbet\s|apost(?:a|as|e)\b|win\sfor\ssure|without\sa\sprescription"
        r"|sem\sreceita\smédica|sin\sreceta",
        _("Gambling and medicines need the operator's leave."),
    ),
    (
        r"transfer\smoney\sfor|keep\s\d+\s?%\sof\seach|forward\sthis\s(?:message\s)?to"
        r"|repasse\sesta\smensagem|reenvía\seste",
        _("It makes people carry money or messages for others."),
    ),
    (
        r"it['’]s\sme\b|(?:have|is\smy)\s(?:a\s)?new\snumber|sou\seu,|mudei\sde\snúmero"
        r"|cambié\sde\snúmero",
        _("It pretends to be somebody the person knows."),
    ),
    (
        r"(?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|is\.gd|ow\.ly|cutt\.ly)/",
        _("It hides where a link goes."),
    ),
    (
        r"guaranteed\s(?:returns?|profit|income)|lucro\sgarantido"
        r"|renda\sextra\s(?:garantida|de)|ganancias?\sgarantizadas?",
        _("It promises money without risk."),
    ),
    (
        r"https?://(?:\d{1,3}(?:\.\d{1,3}){3}|[^/\s]*xn--)",
        _("It links to a number or to a name in disguise."),
    ),
    (r"\.(?:apk|exe|scr|dmg)\b", _("It has people install a program.")),
]
