"""Calls the calculator over REST with requests: --op for one operation, both for add and mul."""
import argparse
import sys

import requests

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("--op", choices=["add", "sub", "mul", "div", "both"], default="both")
parser.add_argument("-a", default="10")
parser.add_argument("-b", default="5")
arguments = parser.parse_args()
for op in ["add", "mul"] if arguments.op == "both" else [arguments.op]:
    reply = requests.get(f"{arguments.url}/{op}", {"a": arguments.a, "b": arguments.b}, timeout=10)
    if not reply.ok:
        print(f"{op} failed: {reply.status_code} {reply.json()['error']}")
        sys.exit(1)
    print(f"{op}({arguments.a},{arguments.b}) = {reply.json()['result']}")
