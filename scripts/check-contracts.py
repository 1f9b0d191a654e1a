#!/usr/bin/env python3
"""A second opinion on contracts/, by another JSON reader and another validator than ours.

Every schema is itself valid; every valid example validates; every invalid one is refused at exactly the places that
expected.json names; what is not strict JSON is refused by a strict reading; a released schema has not been edited;
openapi.yaml has the routes that the hub has, and refers only to what is there. What our own collectors make of the
fixture machines fits the schemas even when these are closed: the agent writes nothing that they do not describe.

Exit status: 0 all agree, 1 something does not, 2 this check cannot run.
"""

import datetime
import hashlib
import json
import os
import re
import sys

try:
    import yaml
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError
except ImportError as error:
    print(
        f"check-contracts: {sys.executable} cannot import what this needs: {error}.\n"
        "Install it: apt-get install python3-jsonschema python3-yaml and run this with /usr/bin/python3,\n"
        "or: pip install jsonschema PyYAML",
        file=sys.stderr,
    )
    sys.exit(2)

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
CONTRACTS = os.path.join(ROOT, "contracts")
MAXIMUM_DEPTH = 32
findings = []
counts = {"schemas": 0, "valid": 0, "invalid": 0, "released": 0, "paths": 0, "golden": 0}


def find(path, message):
    findings.append(f"{os.path.relpath(path, ROOT)}: {message}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


class NotStrict(Exception):
    """The text is no strict JSON, as contract and README define it."""


def strict_object(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise NotStrict("duplicate member")
    return dict(pairs)


def refuse_constant(word):
    raise NotStrict(f"{word} is no JSON")


def check_strings_and_depth(value, depth):
    if isinstance(value, str):
        if "\0" in value:
            raise NotStrict("U+0000 in a string")
        if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise NotStrict("a lone surrogate")
    elif isinstance(value, (dict, list)):
        if depth > MAXIMUM_DEPTH:
            raise NotStrict(f"nested deeper than {MAXIMUM_DEPTH} levels")
        if isinstance(value, dict):
            for name in value:
                check_strings_and_depth(name, depth)
        for inner in value.values() if isinstance(value, dict) else value:
            check_strings_and_depth(inner, depth + 1)
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise NotStrict("a number too large to hold")


def strict_json(data):
    """The document in the bytes, or NotStrict."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=strict_object, parse_constant=refuse_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotStrict(str(error)) from error
    check_strings_and_depth(value, 1)
    return value


formats = FormatChecker(formats=[])


@formats.checks("date-time")
def is_date_time(value):
    """The day exists in its month; the pattern has looked at the rest."""
    if not isinstance(value, str):
        return True
    try:
        datetime.date(int(value[0:4]), int(value[5:7]), int(value[8:10]))
    except ValueError:
        return False
    return True


def pointer(error):
    """Where a validation error is, as a JSON pointer; of a missing member the place where it should be."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in error.absolute_path]
    if error.validator == "required":
        # One error for each missing member: the message begins with its name in quotes.
        missing = [name for name in error.validator_value if error.message.startswith(repr(name) + " ")]
        steps += missing
    return "".join("/" + step for step in steps)


def leaves(error):
    """The errors inside an anyOf that went deepest; any other error itself."""
    if error.validator == "anyOf" and error.context:
        deepest = max(len(inner.absolute_path) for inner in error.context)
        if deepest > len(error.absolute_path):
            for inner in error.context:
                if len(inner.absolute_path) > len(error.absolute_path):
                    yield from leaves(inner)
            return
    yield error


def pointers(validator, document):
    return sorted({pointer(leaf) for error in validator.iter_errors(document) for leaf in leaves(error)})


def payload_bytes(data):
    """The bytes of the value of the outermost `payload`, which is the last member."""
    text = data.decode("utf-8")
    for found in reversed(list(re.finditer(r'"payload"\s*:\s*', text))):
        try:
            _, end = json.JSONDecoder().raw_decode(text, found.end())
        except ValueError:
            continue
        if text[end:].strip() == "}":
            return text[found.end() : end].encode("utf-8")
    return None


def names_in(directory):
    return sorted(name for name in os.listdir(directory) if name.endswith(".json") and name != "expected.json")


def check_valid(directory, validator, kinds):
    names = names_in(directory)
    if len(names) < 3:
        find(directory, "fewer than three valid examples")
    for name in names:
        counts["valid"] += 1
        path = os.path.join(directory, name)
        try:
            document = strict_json(read(path))
        except NotStrict as error:
            find(path, f"is not strict JSON: {error}")
            continue
        for place in pointers(validator, document):
            find(path, f"should validate, and does not at {place or 'the whole'}")
        if "payload" in document and "envelope" in document:
            check_payload(path, document, kinds)


def check_payload(path, document, kinds):
    """A whole envelope: its payload's digest is true, and its payload fits its kind's schema where we have one."""
    carried = payload_bytes(read(path))
    if carried is None:
        find(path, "payload is not the last member")
        return
    digest = "sha256:" + hashlib.sha256(carried).hexdigest()
    if document["payload_digest"] != digest:
        find(path, f"payload_digest should be {digest}")
    validator = kinds.get((document["kind"], document["schema_version"]))
    if validator:
        for place in pointers(validator, document["payload"]):
            find(path, f"its payload does not validate at {place or 'the whole'}")


def check_invalid(directory, validator):
    names = names_in(directory)
    if len(names) < 6:
        find(directory, "fewer than six invalid examples")
    expected = strict_json(read(os.path.join(directory, "expected.json")))
    for name in sorted(set(expected) ^ set(names)):
        find(os.path.join(directory, "expected.json"), f"{name} stands only here or only as a file")
    for name in names:
        counts["invalid"] += 1
        path = os.path.join(directory, name)
        code = name.split("--")[0]
        try:
            document = strict_json(read(path))
        except NotStrict as error:
            if code != "not_strict_json":
                find(path, f"is not strict JSON: {error}")
            continue
        if code == "not_strict_json":
            find(path, "is strict JSON, and should not be")
        elif code == "schema_violation":
            found, wanted = pointers(validator, document), sorted(expected.get(name, []))
            if not found:
                find(path, "validates, and should not")
            elif found != wanted:
                find(path, f"expected violations at {wanted}, found {found}")
        else:
            find(path, f"is named for the code {code}, which this check does not know")


def closed(schema):
    """The schema with every object that lists its properties closed to others."""
    if isinstance(schema, list):
        return [closed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(inner) for name, inner in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        result["additionalProperties"] = False
    return result


def check_golden(schemas):
    """The payloads of Tests/AgentTests/Expected/<machine>/<kind>.json, against the newest version of their kind."""
    top = os.path.join(ROOT, "Tests", "AgentTests", "Expected")
    for directory, _, files in sorted(os.walk(top)):
        for file in sorted(files):
            kind, path = file.removesuffix(".json"), os.path.join(directory, file)
            versions = [version for name, version in schemas if name == kind]
            if not versions:
                continue
            counts["golden"] += 1
            schema = closed(schemas[(kind, max(versions))].schema)
            document = strict_json(read(path))
            for error in Draft202012Validator(schema, format_checker=formats).iter_errors(document.get("payload", {})):
                find(path, f"its payload, at {pointer(error) or 'the whole'}: {error.message[:200]}")


def check_released():
    """Each line is `<sha256>  <path below contracts/>`: a released file is never edited."""
    path = os.path.join(CONTRACTS, "released.sha256")
    if not os.path.isfile(path):
        find(path, "is missing; before the first release it has no entries, but exists")
        return
    for number, line in enumerate(read(path).decode("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        entry = re.fullmatch(r"([0-9a-f]{64})  (\S+)", line)
        if not entry:
            find(path, f"line {number} is not '<sha256>  <path>'")
            continue
        counts["released"] += 1
        target = os.path.join(CONTRACTS, entry.group(2))
        if not os.path.isfile(target):
            find(path, f"line {number}: {entry.group(2)} is gone")
        elif hashlib.sha256(read(target)).hexdigest() != entry.group(1):
            find(target, "was released and has been edited since; make the next version instead")


def references(value):
    """Every $ref in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(reference, own, files):
    """What a reference of openapi.yaml points to, or None."""
    name, _, fragment = reference.partition("#")
    if name and name not in files:
        path = os.path.join(CONTRACTS, name)
        files[name] = strict_json(read(path)) if os.path.isfile(path) else None
    target = files[name] if name else own
    for step in fragment.split("/")[1:]:
        target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
    return target


def routes_in_source():
    """`GET /v1/machines/{name}` and so on, as the hub's routers declare them."""
    routes = set()
    directory = os.path.join(ROOT, "Sources", "Hub", "HTTP")
    for name in sorted(os.listdir(directory)):
        if name.endswith(".swift"):
            source = read(os.path.join(directory, name)).decode("utf-8")
            for method, path in re.findall(r'router\.(get|post|put|patch|delete)\("([^"]+)"\)', source):
                routes.add(f"{method.upper()} /" + re.sub(r":(\w+)", r"{\1}", path.lstrip("/")))
    return routes


def check_api():
    """api.schema.json is a schema of which everything is used; openapi.yaml has the hub's routes."""
    schema_path, path = os.path.join(CONTRACTS, "api.schema.json"), os.path.join(CONTRACTS, "openapi.yaml")
    counts["schemas"] += 1
    try:
        schema = strict_json(read(schema_path))
        Draft202012Validator.check_schema(schema)
    except (NotStrict, SchemaError) as error:
        find(schema_path, f"is no valid schema: {error}")
        return
    api = yaml.safe_load(read(path).decode("utf-8"))
    files = {}
    for reference in sorted(set(references(api))):
        if resolve(reference, api, files) is None:
            find(path, f"refers to {reference}, which is not there")
    used = {reference.rpartition("/")[2] for reference in references([api, schema])}
    for name in sorted(set(schema["$defs"]) - used):
        find(schema_path, f"{name} is used by no path")
    documented, identifiers = set(), []
    for route, methods in api["paths"].items():
        for method, operation in methods.items():
            counts["paths"] += 1
            documented.add(f"{method.upper()} {route}")
            identifiers.append(operation["operationId"])
    for name in sorted({name for name in identifiers if identifiers.count(name) > 1}):
        find(path, f"the operationId {name} stands twice")
    served = routes_in_source()
    for route in sorted(documented ^ served):
        find(path, f"{route} is {'not documented' if route in served else 'documented, and the hub has no such route'}")


def load_schemas():
    """(name, version) → validator, of every v<N>.schema.json."""
    schemas = {}
    for name in sorted(os.listdir(CONTRACTS)):
        directory = os.path.join(CONTRACTS, name)
        if not os.path.isdir(directory) or name == "sql":
            continue
        files = [file for file in sorted(os.listdir(directory)) if file.endswith(".schema.json")]
        if not files:
            find(directory, "has no schema")
        for file in files:
            path = os.path.join(directory, file)
            version = re.fullmatch(r"v([1-9][0-9]*)\.schema\.json", file)
            if not version:
                find(path, "should be named v<N>.schema.json")
                continue
            counts["schemas"] += 1
            try:
                schema = strict_json(read(path))
                Draft202012Validator.check_schema(schema)
            except NotStrict as error:
                find(path, f"is not strict JSON: {error}")
                continue
            except SchemaError as error:
                find(path, f"is no valid schema: {error.message}")
                continue
            wanted = f"urn:vigie:schema:{name}:{version.group(1)}"
            if schema.get("$id") != wanted:
                find(path, f"its $id should be {wanted}")
            schemas[(name, int(version.group(1)))] = Draft202012Validator(schema, format_checker=formats)
    return schemas


def main():
    schemas = load_schemas()
    for (name, version), validator in schemas.items():
        directory = os.path.join(CONTRACTS, name, f"v{version}")
        for sort in ("valid", "invalid"):
            if not os.path.isdir(os.path.join(directory, sort)):
                find(os.path.join(directory, sort), "is missing")
        if os.path.isdir(os.path.join(directory, "valid")):
            check_valid(os.path.join(directory, "valid"), validator, schemas)
        if os.path.isdir(os.path.join(directory, "invalid")):
            check_invalid(os.path.join(directory, "invalid"), validator)
    check_golden(schemas)
    check_api()
    check_released()
    if not schemas:
        find(CONTRACTS, "no schema was found")
    for finding in findings:
        print(finding, file=sys.stderr)
    words = {"valid": "valid examples", "invalid": "invalid examples", "released": "released files", "golden": "golden files"}
    summary = ", ".join(f"{count} {words.get(what, what)}" for what, count in counts.items())
    print(f"check-contracts: {summary}; {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
