"""Posts each line of stdin as JSON over one persistent connection; prints status and reply of each."""
import json
import sys

import requests

with requests.Session() as session:
    for line in sys.stdin:
        reply = session.post(sys.argv[1], line.strip(), headers={"Content-Type": "application/json"}, timeout=10)
        print(json.dumps([reply.status_code, reply.json() if reply.content else None], sort_keys=True))
