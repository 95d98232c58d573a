# The Python X-Ray SDK asked for a decision as often as it can until it is told to end; prints how many it took in each
# second.
import json
import os
import signal
import sys
import time
from collections import Counter

from aws_xray_sdk.core import xray_recorder

xray_recorder.configure(service="sampled", daemon_address=os.environ["AWS_XRAY_DAEMON_ADDRESS"], sampling=True)
sampler = xray_recorder.sampler
taken = Counter()
rules_seen = {}
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
print("listening on 0")
sys.stdout.flush()
while not ended:
    before = int(time.time())
    rule = sampler.should_trace({"host": "h", "method": "GET", "path": "/", "service": "sampled"})
    # A decision on the edge of a second counts for neither: only the SDK knows in which one it was taken.
    if rule == "shared" and int(time.time()) == before:
        taken[before] += 1
    for rule in sampler._cache.rules or []:
        rules_seen.setdefault(rule.name, time.time())
    time.sleep(0.01)
print(json.dumps({"taken": taken, "rules": rules_seen}))
sys.stdout.flush()
os._exit(0)
