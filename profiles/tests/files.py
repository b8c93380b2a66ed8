"""Files for tests of uploads: honest ones, small, made here."""

import io

import pypdfium2
from PIL import Image


def picture(form: str = "PNG", size: tuple[int, int] = (640, 480), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#4356d6").save(out, form, **options)
    return out.getvalue()


def pdf(pages: int = 1) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _page in range(pages):
        document.new_page(595, 842)
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()
