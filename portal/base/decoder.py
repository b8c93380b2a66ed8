"""Decodes one file from strangers in a process of its own: python -m portal.base.decoder.

Reads the file from standard input and writes pictures made anew to standard output, each behind
its length (4 bytes, big-endian), then leaves. What it understands is a closed list; nothing of the
file but pixels comes out: no metadata, no scripts, no other layers. It imports nothing of ours, so
that it starts fast, and it may use MEMORY and CPU_SECONDS, so that a bomb ends here.
"""

import argparse
import io
import resource
import struct
import sys

MEMORY = 280 * 2**20  # bytes of data the process may hold
CPU_SECONDS = 8
MAX_PIXELS = 40_000_000  # a page of 600 dpi; more is a bomb or a mistake

# What we say when we don't take a file: the exit code names the sentence in pictures.py.
NOT_A_PICTURE, TOO_LARGE, TOO_MANY_PAGES, LOCKED = 10, 11, 12, 13

SIGNATURES = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "webp": (b"RIFF",),
    "pdf": (b"%PDF-",),
}


def kind_of(data: bytes) -> str | None:
    """What the first bytes say; the name and the type that came with it are not asked."""
    for kind, beginnings in SIGNATURES.items():
        if data.startswith(beginnings):
            return kind
    return None


def pages_of_pdf(data: bytes, max_side: int, max_pages: int):
    """Each page as a picture, its longer side `max_side` pixels. Scripts and forms never run."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        sys.exit(LOCKED if "assword" in str(error) else NOT_A_PICTURE)
    if not len(document):
        sys.exit(NOT_A_PICTURE)
    if len(document) > max_pages:
        sys.exit(TOO_MANY_PAGES)
    for page in document:
        longer = max(page.get_size())
        if not 0 < longer < 1_000_000:
            sys.exit(NOT_A_PICTURE)
        bitmap = page.render(
            scale=max_side / longer, may_draw_forms=False, no_smoothtext=False, rev_byteorder=True
        )
        yield bitmap.to_pil().convert("RGB")
        bitmap.close()
        page.close()


def picture(data: bytes, kind: str, max_side: int):
    """The picture, turned as its camera meant it, no side longer than `max_side`."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # we look at the size ourselves, before decoding
    image: Image.Image = Image.open(io.BytesIO(data), formats=[kind.upper()])
    if image.width * image.height > MAX_PIXELS:
        sys.exit(TOO_LARGE)
    if kind == "jpeg":
        image.draft("RGB", (max_side, max_side))  # decodes at a fraction of the size
    image.load()
    image = ImageOps.exif_transpose(image)
    image.thumbnail((max_side, max_side))
    return image


def encode(image, form: str, square: int) -> bytes:
    """New bytes with nothing but pixels: a JPEG page, a WebP logo, a PNG attachment."""
    from PIL import Image, ImageOps

    out = io.BytesIO()
    if square:
        image = ImageOps.fit(image.convert("RGBA"), (square, square), Image.Resampling.LANCZOS)
    pixels = Image.new("RGB" if form == "jpeg" else "RGBA", image.size, "white")
    if form == "jpeg":
        has_alpha = image.mode in ("RGBA", "LA", "P", "PA")
        whole = image.convert("RGBA" if has_alpha else "RGB")
        pixels.paste(whole, mask=whole.getchannel("A") if has_alpha else None)
        pixels.save(out, "JPEG", quality=85, subsampling=0)
    else:
        pixels.paste(image.convert("RGBA"))
        if form == "png":
            pixels.save(out, "PNG")
        else:
            pixels.save(out, "WEBP", quality=88, method=4)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", required=True)
    parser.add_argument("--form", choices=["jpeg", "png", "webp"], default="jpeg")
    parser.add_argument("--max-side", type=int, default=2000)
    parser.add_argument("--max-pages", type=int, default=20)
    parser.add_argument("--square", type=int, default=0)
    wanted = parser.parse_args()

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    data = sys.stdin.buffer.read()
    kind = kind_of(data)
    if kind is None or kind not in wanted.kinds.split(","):
        sys.exit(NOT_A_PICTURE)
    try:
        if kind == "pdf":
            pictures = pages_of_pdf(data, wanted.max_side, wanted.max_pages)
        else:
            pictures = iter([picture(data, kind, wanted.max_side)])
        for image in pictures:
            made = encode(image, wanted.form, wanted.square)
            sys.stdout.buffer.write(struct.pack(">I", len(made)) + made)
            sys.stdout.buffer.flush()
    except MemoryError:
        sys.exit(TOO_LARGE)
    except (OSError, SyntaxError, ValueError, struct.error, EOFError, IndexError, KeyError):
        sys.exit(NOT_A_PICTURE)  # Pillow's ways to say that the bytes are broken


if __name__ == "__main__":
    main()
