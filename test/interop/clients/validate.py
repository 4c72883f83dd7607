"""Validates a JSON Schema against its specification, and YAML files against it; prints how many mistakes, and where."""
import json
import pathlib
import sys

import jsonschema
import yaml

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
Validator = jsonschema.validators.validator_for(schema)
Validator.check_schema(schema)
validator = Validator(schema)
for path in map(pathlib.Path, sys.argv[2:]):
    found = sorted({"/".join(map(str, list(error.path)[:2])) for error in validator.iter_errors(yaml.safe_load(path.read_text()))})
    places = f" at {', '.join(found)}" if found else ""
    print(f"{path.name}: {len(found)} mistakes{places}")
