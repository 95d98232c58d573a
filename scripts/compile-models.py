#!/usr/bin/env python3
"""Compiles botocore's service descriptions into the model pack (`models/<service>.json`), documentation stripped.

Run it by hand when the AWS CLI that we test with is bumped, and commit what it writes:
    pip install botocore==1.43.11 && python3 scripts/compile-models.py models
`--check` writes nothing and fails when the installed botocore would give another pack.
"""
import glob
import gzip
import json
import os
import shutil
import sys

import botocore

DATA = os.path.join(os.path.dirname(botocore.__file__), "data")

SERVICES = [
    "application-autoscaling", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "elbv2", "iam", "logs",
    "servicediscovery", "sts", "synthetics", "xray",
]

# Of EC2's 765 operations, those that set-ups of an ECS cluster call (consoles, Terraform, CDK, copilot, compose).
EC2_OPERATIONS = set("""
AllocateAddress AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress
CreateDefaultVpc CreateInternetGateway CreateNatGateway CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet
CreateTags CreateVpc CreateVpcEndpoint DeleteInternetGateway DeleteNatGateway DeleteRoute DeleteRouteTable
DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints DescribeAccountAttributes DescribeAddresses
DescribeAvailabilityZones DescribeInstances DescribeInstanceTypes DescribeInternetGateways DescribeManagedPrefixLists
DescribeNatGateways DescribeNetworkAcls DescribeNetworkInterfaces DescribePrefixLists DescribeRegions
DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeTags DescribeVpcAttribute
DescribeVpcEndpoints DescribeVpcs DetachInternetGateway DisassociateRouteTable ModifySecurityGroupRules
ModifySubnetAttribute ModifyVpcAttribute ReleaseAddress ReplaceRoute RevokeSecurityGroupEgress
RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress
""".split())

# Bounds that clients of the service break: OpenTelemetry's samplers report every rule at once, and there may be 25 of one's
# own beside the Default.
RELAXED = {"xray": {"SamplingStatisticsDocumentList": {"max": 1000}}}

# Traits that nothing here reads. Kept when they are the *name* of a member (then their value names a shape).
DROPPED_TRAITS = {
    "documentation", "documentationUrl", "deprecated", "deprecatedMessage", "deprecatedSince", "contextParam",
    "operationContextParams", "staticContextParams", "synthetic", "endpointdiscovery", "endpointoperation", "hostLabel",
    "idempotent", "box", "wrapper", "sensitive", "authtype", "auth", "requestcompression",
}


def without_traits(value):
    if isinstance(value, dict):
        return {k: without_traits(v) for k, v in value.items() if k not in DROPPED_TRAITS}
    if isinstance(value, list):
        return [without_traits(item) for item in value]
    return value


def compact_shape(shape):
    compact = {k: without_traits(v) for k, v in shape.items() if k not in DROPPED_TRAITS and k != "members"}
    if "members" in shape:
        compact["members"] = {name: without_traits(member) for name, member in shape["members"].items()}
    return compact


def reachable_shapes(model, operations):
    found = set()

    def visit(name):
        if name in found:
            return
        found.add(name)
        shape = model["shapes"][name]
        for part in ("member", "key", "value"):
            if isinstance(shape.get(part), dict):
                visit(shape[part]["shape"])
        for member in shape.get("members", {}).values():
            visit(member["shape"])

    for operation in operations.values():
        for part in ("input", "output"):
            if part in operation:
                visit(operation[part]["shape"])
        for error in operation.get("errors", []):
            visit(error["shape"])
    for name, shape in model["shapes"].items():
        if shape.get("exception"):
            visit(name)
    return found


def compile_service(service):
    path = sorted(glob.glob(f"{DATA}/{service}/*/service-2.json.gz"))[-1]
    with gzip.open(path) as file:
        model = json.load(file)
    operations = {
        name: without_traits(operation)
        for name, operation in sorted(model["operations"].items())
        if service != "ec2" or name in EC2_OPERATIONS
    }
    if service == "ec2" and (missing := EC2_OPERATIONS - operations.keys()):
        sys.exit(f"ec2 has no operation {sorted(missing)}")
    for name, bounds in RELAXED.get(service, {}).items():
        model["shapes"][name].update(bounds)
    return {
        "source": f"botocore {botocore.__version__}",
        "metadata": without_traits(model["metadata"]),
        "operations": operations,
        "shapes": {name: compact_shape(model["shapes"][name]) for name in sorted(reachable_shapes(model, operations))},
    }


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    folder = arguments[0] if arguments else "models"
    check = "--check" in sys.argv
    models = {service: compile_service(service) for service in SERVICES}
    # What routing must know of every service without loading its model.
    index = {service: model["metadata"] for service, model in models.items()}
    for name, model in [("index", index), *models.items()]:
        text = json.dumps(model, separators=(",", ":"), sort_keys=False) + "\n"
        path = os.path.join(folder, f"{name}.json")
        if check:
            with open(path) as file:
                if file.read() != text:
                    sys.exit(f"{path} is not what botocore {botocore.__version__} gives: run scripts/compile-models.py")
            continue
        os.makedirs(folder, exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        packed = len(gzip.compress(text.encode()))
        print(f"{name:26} {len(model.get('operations', [])):4} operations {len(text):8} bytes, {packed:7} gzipped")
    if not check:
        copy_licence(folder)


def copy_licence(folder):
    """The licence texts travel with the data that they cover."""
    package = os.path.dirname(botocore.__file__)
    for candidate in glob.glob(os.path.join(os.path.dirname(package), "botocore-*.dist-info", "**", "*"), recursive=True):
        name = os.path.basename(candidate)
        if name in ("LICENSE.txt", "NOTICE"):
            shutil.copyfile(candidate, os.path.join(folder, name.removesuffix(".txt")))


main()
