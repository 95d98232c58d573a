#!/bin/sh
# Creates, runs, rolls and deletes a service with the command line AWS; only AWS_ENDPOINT_URL says where.
# usage: service_cli.sh AWS_COMMAND NAME
set -eu
aws="$1" name="$2"
export AWS_PAGER=

definition() {
  "$aws" ecs register-task-definition --family "$name" --requires-compatibilities FARGATE --network-mode awsvpc --cpu 256 --memory 512 \
    --container-definitions "[{\"name\":\"main\",\"image\":\"busybox\",\"command\":[\"sh\",\"-c\",\"while :; do echo $1; sleep 1; done\"],\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":\"/ecs/$name\",\"awslogs-region\":\"us-east-1\",\"awslogs-stream-prefix\":\"p\",\"awslogs-create-group\":\"true\"}}}]" \
    --query taskDefinition.taskDefinitionArn --output text
}

subnet=$("$aws" ec2 describe-subnets --query 'Subnets[0].SubnetId' --output text)
echo "cluster $("$aws" ecs create-cluster --cluster-name "$name" --query cluster.status --output text)"
first=$(definition first)
"$aws" ecs create-service --cluster "$name" --service-name "$name" --task-definition "$first" --desired-count 1 --launch-type FARGATE \
  --network-configuration "awsvpcConfiguration={subnets=[$subnet]}" >/dev/null
"$aws" ecs wait services-stable --cluster "$name" --services "$name"
second=$(definition second)
"$aws" ecs update-service --cluster "$name" --service "$name" --task-definition "$second" >/dev/null
"$aws" ecs wait services-stable --cluster "$name" --services "$name"
task=$("$aws" ecs list-tasks --cluster "$name" --service-name "$name" --query 'taskArns[0]' --output text)
echo "rolled $("$aws" ecs describe-tasks --cluster "$name" --tasks "$task" --query 'tasks[0].taskDefinitionArn' --output text | sed 's/.*://')"
sleep 2
echo "line $("$aws" logs filter-log-events --log-group-name "/ecs/$name" --filter-pattern second --query 'events[0].message' --output text)"
echo "metrics $("$aws" cloudwatch list-metrics --namespace AWS/ECS --dimensions "Name=ServiceName,Value=$name" --query 'length(Metrics)' --output text)"
"$aws" ecs delete-service --cluster "$name" --service "$name" --force >/dev/null
"$aws" ecs wait services-inactive --cluster "$name" --services "$name"
echo "deleted $("$aws" ecs delete-cluster --cluster "$name" --query cluster.status --output text)"
