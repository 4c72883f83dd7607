"""Prints moments as C's strftime does, in many zones. Input and output are JSON."""

import json
import os
import sys
import time

asked = json.load(sys.stdin)
printed = {}
for zone in asked["zones"]:
    os.environ["TZ"] = zone
    time.tzset()
    printed[zone] = [time.strftime(asked["format"], time.localtime(moment)) for moment in asked["moments"]]
json.dump(printed, sys.stdout)
