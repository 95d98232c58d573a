# Walks every X-Ray operation that has pages while segments keep arriving and lists keep changing: with boto3's paginator,
# item by item from the tokens that it gives out, and with the raw client where it has no paginator. Prints for each how
# many pages and items there were, and what came twice or not at all.
#   page_boto3.py TRACES [INSIGHT...]   insights were opened by whoever runs this; they are of the services known-0 ...
import json
import os
import sys
import threading
import time
import urllib.request
import uuid
from collections import Counter

import boto3
from botocore import xform_name

xray = boto3.client("xray", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
count, insights = int(sys.argv[1]), sys.argv[2:]
now = time.time()
services = [f"known-{i}" for i in range(4)]


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


def rule(name, priority, **more):
    return xray.create_sampling_rule(
        SamplingRule={
            "RuleName": name, "Priority": priority, "ResourceARN": "*", "FixedRate": 1, "ReservoirSize": 1,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "/never", "Version": 1,
        },
        **more,
    )["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]


def put_policy(name):
    xray.put_resource_policy(PolicyName=name, PolicyDocument='{"Version":"2012-10-17","Statement":[]}')


# What is there from before the first page until after the last one.
known = [segment(now - 1000 + i * 600 / count, services[i % len(services)]) for i in range(count)]
for i in range(0, count, 50):
    put(*known[i : i + 50])
arns = []
for i in range(4):
    xray.create_group(GroupName=f"group-{i}", FilterExpression="ok")
    arns.append(rule(f"rule-{i}", i + 1, Tags=[{"Key": f"key-{n}", "Value": "v"} for n in range(5)]))
    # Longer than a token may be.
    put_policy(f"policy-{'x' * 110}-{i}")
    report = {"RuleName": f"rule-{i}", "ClientID": "a" * 24, "RequestCount": 1, "SampledCount": 1, "Timestamp": now}
    xray.get_sampling_targets(SamplingStatisticsDocuments=[report])

# Traces that come while others are walked through.
arriving = [segment(now - 1000 + i * 10, "")["trace_id"] for i in range(40)]
stopping = threading.Event()
sent = [0]
failed = []


def ingest():
    # New services and traces all over the range, and known traces that grow at both ends.
    turn = 0
    while not stopping.is_set():
        turn += 1
        grown = known[(turn * 37) % count]
        put(
            segment(now - 1000 + turn % 450, f"a-new-{turn % 2}", arriving[turn % len(arriving)]),
            segment(now - 1100, "earlier", grown["trace_id"]),
            segment(time.time(), "later", grown["trace_id"]),
        )
        sent[0] += 3
        time.sleep(0.2)


def keep_ingesting():
    try:
        ingest()
    except Exception as error:
        failed.append(repr(error))


def come_and_go(page):
    # Between two pages of a list: something at its beginning that comes with one and goes with the next, a rule that moves.
    if page % 2:
        xray.create_group(GroupName="a-passing", FilterExpression="ok")
        rule("a-passing", 9000)
        put_policy("a-passing")
        xray.tag_resource(ResourceARN=arns[0], Tags=[{"Key": "a-passing", "Value": "v"}])
    else:
        xray.delete_group(GroupName="a-passing")
        xray.delete_sampling_rule(RuleName="a-passing")
        xray.delete_resource_policy(PolicyName="a-passing")
        xray.untag_resource(ResourceARN=arns[0], TagKeys=["a-passing"])
    xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": "rule-1", "Priority": 1 + page % 2 * 5000})


lists = ["GetGroups", "GetSamplingRules", "ListResourcePolicies", "ListTagsForResource"]


def ask(operation, arguments):
    """Through the raw client; what a boto3 does not know yet, as it would send it."""
    if hasattr(xray, xform_name(operation)):
        return getattr(xray, xform_name(operation))(**arguments)
    key = f"Credential={os.environ['AWS_ACCESS_KEY_ID']}/20260101/{xray.meta.region_name}/xray/aws4_request"
    headers = {
        "content-type": "application/json",
        "authorization": f"AWS4-HMAC-SHA256 {key}, SignedHeaders=host, Signature=x",
    }
    url = f"{xray.meta.endpoint_url}/{operation}"
    return json.load(urllib.request.urlopen(urllib.request.Request(url, json.dumps(arguments).encode(), headers)))


def ask_all(operation, arguments):
    page = ask(operation, arguments)
    yield page
    while page.get("NextToken"):
        page = ask(operation, {**arguments, "NextToken": page["NextToken"]})
        yield page


def service(s):
    # A map whose pages were of several moments would number its services anew.
    return [s["ReferenceId"], f'{s["Name"]} {s["Type"]}']


window = {"StartTime": int(now) - 1800, "EndTime": int(now) + 60}
ids = [s["trace_id"] for s in known]
some = ids[:60]
named = [f"{name} {of}" for name in services for of in ("", "client")]
minutes = [str(int(s["start_time"]) // 60 * 60) for s in known]
token = ask("StartTraceRetrieval", {"TraceIds": some, **window})["RetrievalToken"]
# Each: where its items are, what tells them apart, what is asked, and what has to come.
walks = {
    "GetTraceSummaries": ("TraceSummaries", lambda t: [t["Id"]], window, ids),
    "GetServiceGraph": ("Services", service, window, named),
    "BatchGetTraces": ("Traces", lambda t: [t["Id"]], {"TraceIds": some}, some),
    "GetTraceGraph": ("Services", service, {"TraceIds": some}, named),
    "GetTimeSeriesServiceStatistics": (
        "TimeSeriesServiceStatistics", lambda r: [str(int(r["Timestamp"].timestamp()))], {**window, "Period": 60}, minutes),
    "GetGroups": ("Groups", lambda g: [g["GroupName"]], {}, ["Default"] + [f"group-{i}" for i in range(4)]),
    "GetSamplingRules": (
        "SamplingRuleRecords", lambda r: [r["SamplingRule"]["RuleName"]], {}, ["Default"] + [f"rule-{i}" for i in range(4)]),
    "GetSamplingStatisticSummaries": (
        "SamplingStatisticSummaries", lambda s: [f'{s["RuleName"]} {s["Timestamp"]}'], {}, []),
    "ListResourcePolicies": (
        "ResourcePolicies", lambda p: [p["PolicyName"]], {}, [f"policy-{'x' * 110}-{i}" for i in range(4)]),
    "ListTagsForResource": (
        "Tags", lambda t: [t["Key"]], {"ResourceARN": arns[0]}, [f"key-{i}" for i in range(5)]),
    "GetIndexingRules": ("IndexingRules", lambda r: [r["Name"]], {}, ["Default"]),
    "ListRetrievedTraces": ("Traces", lambda t: [t["Id"]], {"RetrievalToken": token}, some),
    "GetRetrievedTracesGraph": ("Services", lambda s: service(s["Service"]), {"RetrievalToken": token}, named),
}
if insights:
    insight = {"InsightId": insights[0]}
    walks["GetInsightSummaries"] = (
        "InsightSummaries", lambda i: [i["InsightId"]], {**window, "GroupName": "Default"}, insights)
    walks["GetInsightEvents"] = ("InsightEvents", lambda e: [str(e["EventTime"])], insight, [])
    walks["GetInsightImpactGraph"] = ("Services", service, {**insight, **window}, named)


walked = []


def walk(operation, by, pages, stands_still=False):
    key, identity, _, expected = walks[operation]
    changes = operation in lists and not stands_still
    seen, page_count, item_count, largest, began = Counter(), 0, 0, 0, time.time()
    for page in pages:
        for item in page[key]:
            seen.update(identity(item))
        page_count += 1
        item_count += len(page[key])
        largest = max(largest, len(page[key]))
        assert page_count < 5000, operation
        if changes:
            come_and_go(page_count)
    if changes and page_count % 2:
        come_and_go(page_count + 1)
    walked.append({
        "operation": operation, "by": by, "seconds": round(time.time() - began, 1),
        "pages": page_count, "items": item_count, "largest": largest,
        "twice": [str(mark) for mark, times in seen.items() if times > 1],
        "missing": [item for item in expected if item not in seen],
    })
    return largest


def one_by_one(paginator, arguments):
    """Full results of one item each, every one from the token where the last one ended."""
    starting = None
    while True:
        config = {"MaxItems": 1, "StartingToken": starting}
        full = paginator.paginate(**arguments, PaginationConfig=config).build_full_result()
        yield full
        starting = full.get("NextToken")
        if starting is None:
            return


thread = threading.Thread(target=keep_ingesting)
thread.start()
try:
    for operation, (_, _, arguments, _) in walks.items():
        name = xform_name(operation)
        if not hasattr(xray, name) or not xray.can_paginate(name):
            walk(operation, "raw client", ask_all(operation, arguments))
            continue
        paginator = xray.get_paginator(name)
        largest = walk(operation, "paginator", paginator.paginate(**arguments))
        # boto3 takes the next item of a page by asking for the page again and counting, which is right only where nothing
        # changes. With pages of one there is nothing to count.
        if largest == 1 or operation in lists:
            walk(operation, "one by one", one_by_one(paginator, arguments), stands_still=largest > 1)
    # Ranges of one second, one after the other: each trace has one start, which the growing ones move to the front.
    walks["GetTraceSummaries"] = (*walks["GetTraceSummaries"][:3], [])
    summaries = xray.get_paginator("get_trace_summaries")
    starts = range(int(now) - 1000, int(now) - 990)
    pages = (page for at in starts for page in summaries.paginate(StartTime=at, EndTime=at + 1))
    walk("GetTraceSummaries", "second by second", pages)
finally:
    stopping.set()
    thread.join()
assert failed == [], failed
paginated = sorted(xray._PY_TO_OP_NAME[name] for name in xray._PY_TO_OP_NAME if xray.can_paginate(name))
print(json.dumps({"sent": sent[0], "paginated": paginated, "walks": walked}))
