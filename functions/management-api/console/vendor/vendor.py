#!/usr/bin/env python3
"""Fetches the console's libraries again and checks that `preact.js` is made of nothing else.

    python3 vendor.py            fetch, check everything against manifest.json and preact.js
    python3 vendor.py --write    fetch the versions that manifest.json names, record them, make preact.js anew

Packages come from wherever `npm` is set to take them from.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "manifest.json"
PRODUCT = HERE.parent / "preact.js"

IMPORT = re.compile(r'^import\{([^}]*)\}from"preact";')
EXPORT = re.compile(r";?export\{([^}]*)\};?\s*(?://# sourceMappingURL=\S+\s*)?$")
DEFAULT = "export default function("


def fetch(name: str, version: str, folder: Path) -> bytes:
    """The package as it is published."""
    command = ["npm", "pack", f"{name}@{version}", "--json", "--silent", "--pack-destination", str(folder)]
    packed = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    answer = json.loads(packed.stdout)
    # newer versions of npm name the packages by their keys
    entries = list(answer.values()) if isinstance(answer, dict) else answer
    return (folder / entries[0]["filename"].replace("@", "").replace("/", "-")).read_bytes()


def wanted(package: dict) -> list[str]:
    """Which files of a package are looked at."""
    return ["package.json", "LICENSE", *(entry["path"] for entry in package["files"])]


def names(listed: str, separator: str) -> list[tuple[str, str]]:
    """The pairs of `a as b, c` as (a, b), (c, c)."""
    pairs = [item.strip().partition(f" {separator} ") for item in listed.split(",") if item.strip()]
    return [(left, right or left) for left, _, right in pairs]


def wrapped(module: str, source: str) -> str:
    """A module as a function that answers with what it exports; its only import is `preact`."""
    source = source.strip()
    opening = ""
    if found := IMPORT.match(source):
        taken = ", ".join(f"{left}: {right}" for left, right in names(found[1], "as"))
        opening = f"const {{ {taken} }} = preact;\n"
        source = source[found.end() :]
    if DEFAULT in source:
        # the one export is the last statement
        body, closing = source.replace(DEFAULT, "return function(", 1), ""
    elif found := EXPORT.search(source):
        exported = ", ".join(f"{right}: {left}" for left, right in names(found[1], "as"))
        body, closing = source[: found.start()], f"return {{ {exported} }};\n"
    else:
        sys.exit(f"{module}: its exports are not where they were; look at it")
    if re.search(r"\b(?:import|export)\b", body):
        sys.exit(f"{module}: it imports or exports more than is known; look at it")
    return f"const {module} = (() => {{\n{opening}{body};\n{closing}}})();\n"


def assembled(manifest: dict, sources: dict[str, str]) -> str:
    """The one file that the console loads."""
    parts = ", ".join(f"{p['name']} {p['version']} ({p['license']})" for p in manifest["packages"])
    text = f"// {parts}. Made by vendor/vendor.py, which checks it; the licenses are beside that. Do not edit.\n"
    text += "".join(wrapped(module, source) for module, source in sources.items())
    text += "export const html = htm.bind(preact.h);\n"
    for module, exported in manifest["exports"].items():
        text += f"export const {{ {', '.join(exported)} }} = {module};\n"
    return text


def main() -> None:
    writes = sys.argv[1:] == ["--write"]
    if sys.argv[1:] and not writes:
        sys.exit(__doc__)
    manifest = json.loads(MANIFEST.read_text())
    sources: dict[str, str] = {}
    for package in manifest["packages"]:
        with tempfile.TemporaryDirectory() as folder:
            archive = fetch(package["name"], package["version"], Path(folder))
            integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
            path = Path(folder) / "again.tgz"
            path.write_bytes(archive)
            with tarfile.open(path) as tar:
                members = {name: tar.extractfile(f"package/{name}").read() for name in wanted(package)}
        license_name, license_text = json.loads(members["package.json"])["license"], members["LICENSE"]
        files = {entry["module"]: members[entry["path"]] for entry in package["files"]}
        digests = {module: hashlib.sha256(content).hexdigest() for module, content in files.items()}
        license_file = HERE / f"{package['name']}.LICENSE"
        if writes:
            package["integrity"], package["license"] = integrity, license_name
            for entry in package["files"]:
                entry["sha256"] = digests[entry["module"]]
            license_file.write_bytes(license_text)
        wrong = [
            what
            for what, recorded, found in [
                ("integrity", package["integrity"], integrity),
                ("license", package["license"], license_name),
                (license_file.name, license_file.read_bytes(), license_text),
                *((e["path"], e["sha256"], digests[e["module"]]) for e in package["files"]),
            ]
            if recorded != found
        ]
        if wrong:
            sys.exit(f"{package['name']} {package['version']} is not what was recorded: {', '.join(wrong)}")
        sources |= {module: content.decode() for module, content in files.items()}
    product = assembled(manifest, sources)
    if writes:
        MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")
        PRODUCT.write_text(product)
    elif PRODUCT.read_text() != product:
        sys.exit("preact.js is not what these packages make; run vendor.py --write")
    print(f"preact.js: {len(product)} bytes, as recorded")


main()
