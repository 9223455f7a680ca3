"""Scenarios made of scenarios: a variant resolved, a setting changed, written for one run. The
rules are those of scenarios/README.md."""
import copy
import json
import os
import re

UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def merge(base, change):
    """What a variant does: objects key by key, arrays and values whole."""
    merged = dict(base)
    for key, value in change.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def resolve(document, variant=None):
    """The scenario itself, or one of its variants, as a scenario of its own. An expectation is
    replaced whole, for "clean" and {"verdict": "leak", "cause": "heap"} are the same key."""
    change = dict(document["variants"][variant]) if variant else {}
    resolved = copy.deepcopy({key: value for key, value in document.items()
                              if key not in ("variants", "$schema")})
    if "expect" in change:
        resolved.pop("expect", None)
    return merge(resolved, copy.deepcopy(change))


def expectation(document):
    """(verdict, cause) that a resolved scenario expects; None for what it does not say."""
    expect = document.get("expect")
    if isinstance(expect, dict):
        return expect.get("verdict"), expect.get("cause")
    return expect, None


def parse_size(value):
    """Bytes of "64MiB", "64M", "64Mi" or 67108864; None of "none" and of nothing."""
    if value is None or value == "none":
        return None
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kKmMgG]?)(?:iB|i|B)?", value)
    if not match:
        raise ValueError("%r is no size" % value)
    return int(float(match.group(1)) * UNITS[match.group(2).lower()])


def write(folder, name, document):
    """folder/NAME.json, its name set; returns the path."""
    path = os.path.join(folder, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(dict(document, name=name), file, indent=1)
    return path


def split_name(name):
    """"unclosed-body.fixed" -> ("unclosed-body", "fixed"); without a dot the variant is None."""
    scenario, _, variant = name.partition(".")
    return scenario, variant or None
