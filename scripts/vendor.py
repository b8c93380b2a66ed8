"""Bring in the few files of others that pages load, from npm's tarballs at pinned versions.

    python scripts/vendor.py            fetch, compare with the pinned sha256, write the files and the sprite

Nobody who installs Signet runs this: the files are in the repository, with their licences beside them.
"""

import hashlib
import io
import re
import tarfile
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
REGISTRY = "https://registry.npmjs.org"

# (package, version, sha256 of its tarball, {file in it: file of ours})
PACKAGES = [
    (
        "htmx.org",
        "2.0.11",
        "165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e",
        {
            "dist/htmx.min.js": "static/vendor/htmx-2.0.11/htmx.min.js",
            "LICENSE": "static/vendor/htmx-2.0.11/LICENSE",
        },
    ),
    (
        "@fontsource-variable/inter",
        "5.3.0",
        "d26710dd38e7217484a1d47ee76c024977ec550548876f26d06ed1844af09a14",
        {
            "files/inter-latin-wght-normal.woff2": "static/fonts/inter-latin.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "static/fonts/inter-latin-ext.woff2",
            "LICENSE": "static/fonts/LICENSE",
        },
    ),
    (
        # Unfold's Alpine evaluates strings, which our content security policy forbids. This build of the
        # same library does not; lying at the same path, it is found before Unfold's.
        "@alpinejs/csp",
        "3.17.4",
        "4c4cd80495f4bbfac3cc026a191b84f341df885d175d757cba7675bcc7b87ec4",
        {"dist/cdn.min.js": "static/unfold/js/alpine/alpine.js"},
    ),
    (
        "axe-core",
        "4.14.1",
        "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
        {
            "axe.min.js": "tests/vendor/axe-core-4.14.1/axe.min.js",
            "LICENSE": "tests/vendor/axe-core-4.14.1/LICENSE",
        },
    ),
    (
        "lucide-static",
        "1.62.0",
        "386f9080c440d6f5049cefe3456ae8357f7a0c7f76e59670cd1cb83bc7050a44",
        {"LICENSE": "static/img/icons.LICENSE"},
    ),
]

ICONS = """
    archive arrow-down arrow-left arrow-right arrow-up arrow-up-right at-sign badge-check ban bell bell-off
    book-open bot braces building-2 calendar chart-column chart-line check check-check chevron-down
    chevron-left chevron-right chevron-up circle circle-alert circle-check circle-help circle-x clipboard clock
    code command copy credit-card download earth ellipsis external-link eye eye-off file-check file-text file-up
    filter fingerprint flag flask-conical gauge gavel globe grip-vertical hand heart history hourglass house
    image inbox info key-round languages landmark laptop layers layout-dashboard life-buoy link list-checks
    loader-circle lock log-in log-out mail map-pin megaphone menu message-circle message-square minus monitor
    moon package paperclip pause pencil phone plane play plug plus qr-code receipt refresh-cw reply rotate-ccw
    scale search send settings share-2 shield shield-alert shield-check shield-off shield-x shopping-bag
    sliders-horizontal smartphone smile sparkles square-pen star store sun tag terminal ticket timer trash-2
    trending-down trending-up triangle-alert undo-2 unlink upload user user-check user-plus user-x users
    volume-x wallet webhook wifi-off x zap
""".split()

# Our own two: the mark (a signet ring, seen from the front, with a check cut into its bezel) and the filled
# seal that stands beside the name of a verified profile.
OWN_ICONS = {
    "signet": (
        '<path fill="currentColor" fill-rule="evenodd" d="M8.1 1.5h7.8a2.4 2.4 0 0 1 2.1 1.24l1.7 3.06a2.4 2.4 0 0 1-.1 2.5'
        "l-1.02 1.52a7.7 7.7 0 1 1-13.16 0L4.4 8.3a2.4 2.4 0 0 1-.1-2.5L6 2.74A2.4 2.4 0 0 1 8.1 1.5Z"
        "M12 10.9a5.05 5.05 0 1 0 0 10.1 5.05 5.05 0 0 0 0-10.1Z"
        'm-3.2-5.6a.95.95 0 0 0-1.34 1.34l2.5 2.5a.95.95 0 0 0 1.34 0l5.1-5.1a.95.95 0 0 0-1.34-1.34L10.63 7.1Z"/>'
    ),
    "verified": (
        '<path fill="currentColor" fill-rule="evenodd" d="M3.85 8.62a4 4 0 0 1 4.78-4.77 4 4 0 0 1 6.74 0 4 4 0 0 1 4.78 4.78'
        " 4 4 0 0 1 0 6.74 4 4 0 0 1-4.77 4.78 4 4 0 0 1-6.75 0 4 4 0 0 1-4.78-4.77 4 4 0 0 1 0-6.76Z"
        'M8.7 11.3a1 1 0 0 0-1.4 1.4l2.5 2.5a1 1 0 0 0 1.4 0l5.5-5.5a1 1 0 0 0-1.4-1.4l-4.8 4.8Z"/>'
    ),
}

LINE = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'


def fetch(package: str, version: str, sha256: str) -> tarfile.TarFile:
    """The package's tarball, if it is the one we looked at."""
    name = package.rsplit("/", 1)[-1]
    with urlopen(f"{REGISTRY}/{package}/-/{name}-{version}.tgz") as answer:
        content = answer.read()
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise SystemExit(f"{package} {version}: sha256 is {found}, not {sha256}.")
    return tarfile.open(fileobj=io.BytesIO(content))


def read(tarball: tarfile.TarFile, name: str) -> bytes:
    return tarball.extractfile(f"package/{name}").read()  # type: ignore[union-attr]


def without_source_map(content: bytes) -> bytes:
    """Hashed file names are looked up for source maps too, and ours are not shipped."""
    return re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", content)


def sprite(tarball: tarfile.TarFile) -> str:
    """One file with every icon as a <symbol>, so that a page loads one picture."""
    symbols = [f'<symbol id="{name}" viewBox="0 0 24 24">{own}</symbol>' for name, own in OWN_ICONS.items()]
    for name in ICONS:
        picture = read(tarball, f"icons/{name}.svg").decode()
        inner = re.sub(r"\s+", " ", re.search(r"<svg[^>]*>(.*)</svg>", picture, re.S).group(1)).strip()  # type: ignore[union-attr]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {LINE}>{inner}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def main() -> None:
    for package, version, sha256, files in PACKAGES:
        tarball = fetch(package, version, sha256)
        for source, target in files.items():
            path = ROOT / target
            path.parent.mkdir(parents=True, exist_ok=True)
            content = read(tarball, source)
            path.write_bytes(without_source_map(content) if target.endswith(".js") else content)
        if package == "lucide-static":
            (ROOT / "static/img/icons.svg").write_text(sprite(tarball))
        print(f"{package} {version}")


if __name__ == "__main__":
    main()
