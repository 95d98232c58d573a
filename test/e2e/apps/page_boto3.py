# Walks every X-Ray operation that boto3 can page through while segments keep arriving, and prints what came twice.
import json
import threading
import time
import uuid
from collections import Counter

import boto3

xray = boto3.client("xray")
now = time.time()
start, end = now - 1800, now + 60


def segment(at, name="paged", trace_id=None):
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


known = [segment(now - 1000 + i / 10) for i in range(450)]
for i in range(0, len(known), 50):
    put(*known[i : i + 50])
for i in range(5):
    xray.create_group(GroupName=f"group-{i}", FilterExpression="ok")
    xray.create_sampling_rule(
        SamplingRule={
            "RuleName": f"rule-{i}", "Priority": i + 1, "ResourceARN": "*", "FixedRate": 1, "ReservoirSize": 1,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "/never", "Version": 1,
        },
        Tags=[{"Key": f"key-{n}", "Value": "v"} for n in range(10)],
    )
    xray.put_resource_policy(PolicyName=f"policy-{i}", PolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    report = {"RuleName": f"rule-{i}", "ClientID": "a" * 24, "RequestCount": 1, "SampledCount": 1, "Timestamp": now}
    xray.get_sampling_targets(SamplingStatisticsDocuments=[report])

stopping = threading.Event()
sent = [0]


def ingest():
    # New traces everywhere in the range, and known ones that grow at both ends.
    turn = 0
    while not stopping.is_set():
        turn += 1
        grown = known[(turn * 37) % len(known)]
        put(
            segment(now - 1000 + (turn % 450) / 10),
            segment(now - 1100, "earlier", grown["trace_id"]),
            segment(time.time(), "later", grown["trace_id"]),
            segment(now - 500, f"service-{turn}"),
        )
        sent[0] += 4
        time.sleep(0.02)


thread = threading.Thread(target=ingest)
thread.start()
window = {"StartTime": start, "EndTime": end}
some = [s["trace_id"] for s in known[:60]]
arn = xray.get_sampling_rules()["SamplingRuleRecords"][0]["SamplingRule"]["RuleARN"]
walks = {
    "get_trace_summaries": ("TraceSummaries", lambda t: t["Id"], window),
    "batch_get_traces": ("Traces", lambda t: t["Id"], {"TraceIds": some}),
    "get_service_graph": ("Services", lambda s: s["ReferenceId"], window),
    "get_trace_graph": ("Services", lambda s: s["ReferenceId"], {"TraceIds": some}),
    "get_time_series_service_statistics": ("TimeSeriesServiceStatistics", lambda r: str(r["Timestamp"]), {**window, "Period": 60}),
    "get_groups": ("Groups", lambda g: g["GroupName"], {}),
    "get_sampling_rules": ("SamplingRuleRecords", lambda r: r["SamplingRule"]["RuleName"], {}),
    "get_sampling_statistic_summaries": (
        "SamplingStatisticSummaries", lambda s: s["RuleName"] + str(s["Timestamp"]), {}),
    "list_resource_policies": ("ResourcePolicies", lambda p: p["PolicyName"], {}),
    "list_tags_for_resource": ("Tags", lambda t: t["Key"], {"ResourceARN": arn}),
}
result = {}
try:
    for name, (key, identity, arguments) in walks.items():
        seen, pages = Counter(), 0
        for page in xray.get_paginator(name).paginate(**arguments):
            seen.update(identity(item) for item in page[key])
            pages += 1
        result[name] = {"pages": pages, "items": len(seen), "twice": [k for k, n in seen.items() if n > 1]}
        if name == "get_trace_summaries":
            result[name]["missing"] = [s["trace_id"] for s in known if s["trace_id"] not in seen]
    # Ranges of one second, one after the other: each trace has one start, which the growing ones move to the front.
    seen = Counter()
    for second in range(45):
        at = int(now) - 1000 + second
        for page in xray.get_paginator("get_trace_summaries").paginate(StartTime=at, EndTime=at + 1):
            seen.update(t["Id"] for t in page["TraceSummaries"])
    result["seconds"] = {"items": len(seen), "twice": [k for k, n in seen.items() if n > 1]}
    # One item at a time, from the token where the last one ended.
    for name in ["get_groups", "get_sampling_rules", "list_resource_policies", "list_tags_for_resource"]:
        key, identity, arguments = walks[name]
        seen, token = Counter(), None
        while True:
            config = {"MaxItems": 1, "StartingToken": token}
            full = xray.get_paginator(name).paginate(**arguments, PaginationConfig=config).build_full_result()
            seen.update(identity(item) for item in full[key])
            token = full.get("NextToken")
            if token is None:
                break
        result[name]["one_by_one"] = len(seen)
        result[name]["twice"] += [k for k, n in seen.items() if n > 1]
finally:
    stopping.set()
    thread.join()
result["sent"] = sent[0]
print(json.dumps(result))
