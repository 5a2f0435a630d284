"""Known vulnerabilities of pinned packages, by the database of osv.dev.

    python -m support.vulnerabilities constraints.txt

Exit code 0: asked, and none is known. 1: some are. 3: not checked, since no database answered; that is never
taken for a pass.
"""

import argparse
import json
import re
import sys
import urllib.request
from pathlib import Path

ADDRESS = "https://api.osv.dev/v1/querybatch"
FOUND, NOT_CHECKED = 1, 3


def pinned(text: str) -> list[tuple[str, str]]:
    """Name and version of every ``name==version`` line."""
    return re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\\\]+)", text, re.MULTILINE)


def known(packages: list[tuple[str, str]], address: str) -> dict[str, list[str]]:
    """``name version`` to ids of what is known; raises OSError or ValueError where nobody can be asked."""
    queries = [
        {"package": {"ecosystem": "PyPI", "name": name}, "version": version} for name, version in packages
    ]
    request = urllib.request.Request(
        address, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        results = json.load(response)["results"]
    if len(results) != len(packages):
        raise ValueError(f"{len(results)} answers to {len(packages)} questions")
    return {
        f"{name} {version}": [each["id"] for each in result.get("vulns", [])]
        for (name, version), result in zip(packages, results, strict=True)
        if result.get("vulns")
    }


def main() -> int:
    """Ask, and say what came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--address", default=ADDRESS)
    arguments = parser.parse_args()
    packages = pinned(arguments.file.read_text(encoding="utf-8"))
    if not packages:
        print(f"not checked: {arguments.file} pins no package")
        return NOT_CHECKED
    try:
        found = known(packages, arguments.address)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"not checked: {arguments.address} gave no answer ({error})")
        return NOT_CHECKED
    for package, names in found.items():
        print(f"{package}: {', '.join(names)}")
    print(f"{len(packages)} packages checked, {len(found)} of them with known vulnerabilities")
    return FOUND if found else 0


if __name__ == "__main__":
    sys.exit(main())
