"""Bring in the few files of others that pages load, from npm's tarballs at pinned versions.

    python scripts/vendor.py     fetch, compare with the pinned sha256, write, draw the sprite

The sprite is made of lucide's icons named in scripts/icons/lucide.txt and of our own two in that
folder: the mark (a signet ring seen from the front, a check cut into its bezel) and the filled seal
that stands beside the name of a verified profile.

Who installs Signet need not run this: the files are in the repository, their licences beside them.
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
        # Unfold's Alpine evaluates strings, which our content security policy forbids. This build
        # of the same library does not; lying at the same path, it is found before Unfold's.
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


LINE = (
    'fill="none" stroke="currentColor" stroke-width="1.75" '
    'stroke-linecap="round" stroke-linejoin="round"'
)
OWN = ROOT / "scripts/icons"


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


def drawing(picture: str) -> str:
    """What stands inside an <svg>, on one line."""
    inner = re.search(r"<svg[^>]*>(.*)</svg>", picture, re.S)
    return re.sub(r"\s+", " ", inner[1]).strip() if inner else ""


def sprite(tarball: tarfile.TarFile) -> str:
    """One file with every icon as a <symbol>, so that a page loads one picture."""
    symbols = [
        f'<symbol id="{path.stem}" viewBox="0 0 24 24">{drawing(path.read_text())}</symbol>'
        for path in sorted(OWN.glob("*.svg"))
    ]
    for name in (OWN / "lucide.txt").read_text().split():
        inner = drawing(read(tarball, f"icons/{name}.svg").decode())
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
