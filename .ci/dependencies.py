#!/usr/bin/env python3
"""Checks licenses, sources and bans of every dependency against deny.toml.

Replaces `cargo deny check licenses bans sources`, which takes minutes to compile; the prebuilt version on PyPI (0.14.2)
fails on the metadata of current versions of cargo. Only the keys that deny.toml uses today are understood. Any other key
is an error, so that no rule in that file goes unchecked. Advisories are a step of their own: `.ci/run advisories`.

Also finds entries of [workspace.dependencies] that no crate takes.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict

KNOWN_KEYS = {
    "graph": {"all-features"},
    "licenses": {"allow", "private"},
    "bans": {"multiple-versions", "wildcards", "allow-wildcard-paths", "deny"},
    "sources": {"unknown-registry", "unknown-git", "allow-git"},
}


class LicenseExpression:
    """An SPDX expression with AND, OR, WITH and parentheses, and the older `MIT/Apache-2.0`."""

    def __init__(self, text):
        self.tokens = re.findall(r"[()]|[^\s()]+", text.replace("/", " OR "))

    def satisfied_by(self, allowed):
        self.position = 0
        result = self._alternatives(allowed)
        if self.position != len(self.tokens):
            raise ValueError(f"unexpected {self.tokens[self.position]!r}")
        return result

    def _alternatives(self, allowed):
        result = self._all(allowed)
        while self._take("OR"):
            result = self._all(allowed) or result
        return result

    def _all(self, allowed):
        result = self._one(allowed)
        while self._take("AND"):
            result = self._one(allowed) and result
        return result

    def _one(self, allowed):
        if self._take("("):
            result = self._alternatives(allowed)
            if not self._take(")"):
                raise ValueError("a parenthesis is not closed")
            return result
        name = self._next()
        if self._take("WITH"):
            name = f"{name} WITH {self._next()}"
        return name in allowed

    def _next(self):
        if self.position == len(self.tokens):
            raise ValueError("it ends too early")
        self.position += 1
        return self.tokens[self.position - 1]

    def _take(self, token):
        taken = self.position < len(self.tokens) and self.tokens[self.position] == token
        self.position += taken
        return taken


def unknown_keys(rules):
    for section, keys in rules.items():
        for key in keys:
            if key not in KNOWN_KEYS.get(section, ()):
                yield f"deny.toml: [{section}] {key} is not known to this check"


def license_problems(packages, rules):
    allowed = set(rules["allow"])
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if package["source"] is None and package["publish"] == [] and rules["private"]["ignore"]:
            continue
        if not package["license"]:
            yield f"{name} has no license expression"
            continue
        try:
            fine = LicenseExpression(package["license"]).satisfied_by(allowed)
        except ValueError as error:
            yield f"{name}: the license {package['license']!r} does not parse: {error}"
            continue
        if not fine:
            yield f"{name}: the license {package['license']!r} is not allowed"


def default_registry(packages):
    """The source of those of our dependencies that name no registry."""
    ours = (dependency for package in packages if package["source"] is None for dependency in package["dependencies"])
    named_none = (dependency["source"] for dependency in ours if dependency["registry"] is None)
    return {source for source in named_none if source and source.startswith("registry+")}


def source_problems(packages, rules):
    allowed = {None} | default_registry(packages)
    for package in packages:
        source = package["source"]
        allowed_git = source and source.startswith("git+") and any(source[4:].startswith(u) for u in rules["allow-git"])
        if source not in allowed and not allowed_git:
            yield f"{package['name']} {package['version']} comes from {source}"


def ban_problems(packages, rules):
    banned = {ban["crate"]: ban["reason"] for ban in rules["deny"]}
    for package in packages:
        if package["name"] in banned:
            yield f"{package['name']} {package['version']} is banned: {banned[package['name']]}"
        if package["source"] is not None:
            continue
        for dependency in package["dependencies"]:
            if dependency["req"] == "*" and not (rules["allow-wildcard-paths"] and dependency.get("path")):
                yield f"{package['name']} takes any version of {dependency['name']}"


def unused_entries(packages, manifest):
    ours = (dependency for package in packages if package["source"] is None for dependency in package["dependencies"])
    taken = {dependency["rename"] or dependency["name"] for dependency in ours}
    for name in manifest["workspace"]["dependencies"]:
        if name not in taken:
            yield f"Cargo.toml: no crate takes {name} of [workspace.dependencies]"


def duplicates(packages):
    versions = defaultdict(set)
    for package in packages:
        versions[package["name"]].add(package["version"])
    return {name: sorted(found) for name, found in sorted(versions.items()) if len(found) > 1}


def main():
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    with open("Cargo.toml", "rb") as file:
        manifest = tomllib.load(file)
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    packages = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    problems = [
        *unknown_keys(rules),
        *license_problems(packages, rules["licenses"]),
        *source_problems(packages, rules["sources"]),
        *ban_problems(packages, rules["bans"]),
        *unused_entries(packages, manifest),
    ]
    twice = duplicates(packages)
    for name, versions in twice.items():
        print(f"note: {name} comes in {len(versions)} versions: {', '.join(versions)}")
    if twice and rules["bans"]["multiple-versions"] == "deny":
        problems.append(f"{len(twice)} crates come in more than one version")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    print(f"{len(packages)} packages, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
