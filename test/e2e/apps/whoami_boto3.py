"""Who am I, and may I list clusters? Prints one JSON object; errors by their codes."""
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"total_max_attempts": 1})


def ask(call):
    try:
        return call()
    except ClientError as error:
        return error.response["Error"]["Code"]


print(
    json.dumps(
        {
            "arn": ask(lambda: boto3.client("sts", config=config).get_caller_identity()["Arn"]),
            "clusters": ask(lambda: len(boto3.client("ecs", config=config).list_clusters()["clusterArns"])),
            "create": ask(
                lambda: boto3.client("ecs", config=config).create_cluster(clusterName="python")["cluster"]["status"]
            ),
        }
    )
)
