# Creates, runs, rolls and deletes a service with boto3; only AWS_ENDPOINT_URL says where. Prints what it saw as JSON.
import json
import sys
import time

import boto3

name = sys.argv[1]
ecs = boto3.client("ecs")
logs = boto3.client("logs")
cloudwatch = boto3.client("cloudwatch")


def definition(text):
    return ecs.register_task_definition(
        family=name,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "main",
                "image": "busybox",
                "command": ["sh", "-c", f"while :; do echo {text}; sleep 1; done"],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": f"/ecs/{name}",
                        "awslogs-region": "us-east-1",
                        "awslogs-stream-prefix": "p",
                        "awslogs-create-group": "true",
                    },
                },
            }
        ],
    )["taskDefinition"]["taskDefinitionArn"]


def lines(text):
    for _ in range(60):
        try:
            events = logs.filter_log_events(logGroupName=f"/ecs/{name}", filterPattern=text)["events"]
            if events:
                return len(events)
        except logs.exceptions.ResourceNotFoundException:
            pass
        time.sleep(0.5)
    return 0


def metric():
    for _ in range(60):
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/ECS",
            MetricName="CPUUtilization",
            Dimensions=[{"Name": "ClusterName", "Value": name}, {"Name": "ServiceName", "Value": name}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Average"],
        )["Datapoints"]
        if points:
            return len(points)
        time.sleep(1)
    return 0


subnets = [s["SubnetId"] for s in boto3.client("ec2").describe_subnets()["Subnets"]]
ecs.create_cluster(clusterName=name)
first = definition("first")
ecs.create_service(
    cluster=name,
    serviceName=name,
    taskDefinition=first,
    desiredCount=2,
    launchType="FARGATE",
    networkConfiguration={"awsvpcConfiguration": {"subnets": subnets[:2]}},
)
fast = {"Delay": 1, "MaxAttempts": 120}
ecs.get_waiter("services_stable").wait(cluster=name, services=[name], WaiterConfig=fast)
seen = {"firstLines": lines("first")}
second = definition("second")
ecs.update_service(cluster=name, service=name, taskDefinition=second)
ecs.get_waiter("services_stable").wait(cluster=name, services=[name], WaiterConfig=fast)
tasks = ecs.list_tasks(cluster=name, serviceName=name)["taskArns"]
described = ecs.describe_tasks(cluster=name, tasks=tasks)["tasks"]
seen["rolled"] = sorted({t["taskDefinitionArn"] == second for t in described})
seen["running"] = len(tasks)
seen["secondLines"] = lines("second")
seen["datapoints"] = metric()
ecs.update_service(cluster=name, service=name, desiredCount=0)
ecs.delete_service(cluster=name, service=name, force=True)
ecs.get_waiter("services_inactive").wait(cluster=name, services=[name], WaiterConfig=fast)
ecs.delete_cluster(cluster=name)
print(json.dumps(seen))
