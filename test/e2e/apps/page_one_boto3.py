# Walks every X-Ray operation that boto3 can page through, one item at a time, from a service whose pages hold one item,
# while segments keep arriving. Prints how many pages and items there were and what came twice or never.
import json
import threading
import time
import uuid
from collections import Counter

import boto3

xray = boto3.client("xray")
now = time.time()


def segment(at, name, trace_id=None):
    return {
        "trace_id": trace_id or f"1-{int(at):08x}-{uuid.uuid4().hex[:24]}",
        "id": uuid.uuid4().hex[:16],
        "name": name,
        "start_time": at,
        "end_time": at + 0.1,
    }


def put(*segments):
    answer = xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(s) for s in segments])
    assert answer["UnprocessedTraceSegments"] == [], answer


count = 20
known = [segment(now - 1000 - i, f"known-{i:02}") for i in range(count)]
put(*known)
for i in range(4):
    xray.create_group(GroupName=f"group-{i}", FilterExpression="ok")
    xray.create_sampling_rule(
        SamplingRule={
            "RuleName": f"rule-{i}", "Priority": i + 1, "ResourceARN": "*", "FixedRate": 1, "ReservoirSize": 1,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "/never", "Version": 1,
        },
        Tags=[{"Key": f"key-{n}", "Value": "v"} for n in range(5)],
    )
    xray.put_resource_policy(PolicyName=f"policy-{i}", PolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    report = {"RuleName": f"rule-{i}", "ClientID": "a" * 24, "RequestCount": 1, "SampledCount": 1, "Timestamp": now}
    xray.get_sampling_targets(SamplingStatisticsDocuments=[report])

stopping = threading.Event()
sent = [0]


def ingest():
    # New services and traces all over the range, and known traces that grow at both ends.
    turn = 0
    while not stopping.is_set():
        turn += 1
        grown = known[turn % count]
        put(
            segment(now - 1000 - turn % count, f"new-{turn % 8}"),
            segment(now - 1100, "earlier", grown["trace_id"]),
            segment(time.time(), "later", grown["trace_id"]),
        )
        sent[0] += 3
        time.sleep(0.25)


window = {"StartTime": now - 1800, "EndTime": now + 60}
ids = [s["trace_id"] for s in known]
arn = xray.get_sampling_rules()["SamplingRuleRecords"][0]["SamplingRule"]["RuleARN"]
walks = {
    "get_trace_summaries": ("TraceSummaries", lambda t: t["Id"], window),
    "get_service_graph": ("Services", lambda s: s["ReferenceId"], window),
    "batch_get_traces": ("Traces", lambda t: t["Id"], {"TraceIds": ids}),
    "get_trace_graph": ("Services", lambda s: s["ReferenceId"], {"TraceIds": ids}),
    "get_time_series_service_statistics": (
        "TimeSeriesServiceStatistics", lambda r: str(r["Timestamp"]), {**window, "Period": 60}),
    "get_groups": ("Groups", lambda g: g["GroupName"], {}),
    "get_sampling_rules": ("SamplingRuleRecords", lambda r: r["SamplingRule"]["RuleName"], {}),
    "get_sampling_statistic_summaries": (
        "SamplingStatisticSummaries", lambda s: s["RuleName"] + str(s["Timestamp"]), {}),
    "list_resource_policies": ("ResourcePolicies", lambda p: p["PolicyName"], {}),
    "list_tags_for_resource": ("Tags", lambda t: t["Key"], {"ResourceARN": arn}),
}
# Every operation that this boto3 has a paginator for is here.
paginated = sorted(
    xray._PY_TO_OP_NAME[name] for name in xray._PY_TO_OP_NAME if xray.can_paginate(name)
)
assert sorted(xray._PY_TO_OP_NAME[name] for name in walks) == paginated, paginated

thread = threading.Thread(target=ingest)
thread.start()
result = {}
try:
    for name, (key, identity, arguments) in walks.items():
        seen, pages, largest = Counter(), 0, 0
        for page in xray.get_paginator(name).paginate(**arguments):
            seen.update(identity(item) for item in page[key])
            largest = max(largest, len(page[key]))
            pages += 1
            assert pages < 5000, name
        result[name] = {
            "pages": pages, "items": len(seen), "largest": largest, "twice": [str(k) for k, n in seen.items() if n > 1]
        }
        if name == "get_trace_summaries":
            result[name]["missing"] = [i for i in ids if i not in seen]
finally:
    stopping.set()
    thread.join()

# Item by item through boto3's own tokens, which count items of a page: for lists that stand still.
for name, (key, identity, arguments) in walks.items():
    seen, token = Counter(), None
    while True:
        config = {"MaxItems": 1, "StartingToken": token}
        full = xray.get_paginator(name).paginate(**arguments, PaginationConfig=config).build_full_result()
        seen.update(identity(item) for item in full[key])
        token = full.get("NextToken")
        # What arrived in the meantime makes the two long lists longer than is worth the walk.
        if token is None or len(seen) > 25:
            break
    result[name]["one_by_one"] = len(seen)
    result[name]["twice"] += [str(k) for k, n in seen.items() if n > 1]
result["sent"] = sent[0]
print(json.dumps(result))
