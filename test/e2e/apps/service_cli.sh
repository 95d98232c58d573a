#!/bin/sh
# Creates, runs, rolls and deletes a service with the command line AWS; only AWS_ENDPOINT_URL says where.
# usage: service_cli.sh AWS_COMMAND NAME
set -eu
command="$1" name="$2"
export AWS_PAGER=

# AWS_ENDPOINT_URL is understood from 1.29 and 2.13 on; older ones, such as Debian 12's, take the option.
case "$("$command" --version 2>&1)" in
  aws-cli/2.[0-9].*|aws-cli/2.1[0-2].*|aws-cli/1.[0-9].*|aws-cli/1.1*|aws-cli/1.2[0-8].*) endpoint="$AWS_ENDPOINT_URL" ;;
  *) endpoint= ;;
esac
call() {
  "$command" ${endpoint:+--endpoint-url "$endpoint"} "$@"
}

definition() {
  call ecs register-task-definition --family "$name" --requires-compatibilities FARGATE --network-mode awsvpc --cpu 256 --memory 512 \
    --container-definitions "[{\"name\":\"main\",\"image\":\"busybox\",\"command\":[\"sh\",\"-c\",\"while :; do echo $1; sleep 1; done\"],\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":\"/ecs/$name\",\"awslogs-region\":\"us-east-1\",\"awslogs-stream-prefix\":\"p\",\"awslogs-create-group\":\"true\"}}}]" \
    --query taskDefinition.taskDefinitionArn --output text
}

subnet=$(call ec2 describe-subnets --query 'Subnets[0].SubnetId' --output text)
echo "cluster $(call ecs create-cluster --cluster-name "$name" --query cluster.status --output text)"
first=$(definition first)
call ecs create-service --cluster "$name" --service-name "$name" --task-definition "$first" --desired-count 1 --launch-type FARGATE \
  --network-configuration "awsvpcConfiguration={subnets=[$subnet]}" >/dev/null
call ecs wait services-stable --cluster "$name" --services "$name"
second=$(definition second)
call ecs update-service --cluster "$name" --service "$name" --task-definition "$second" >/dev/null
call ecs wait services-stable --cluster "$name" --services "$name"
task=$(call ecs list-tasks --cluster "$name" --service-name "$name" --query 'taskArns[0]' --output text)
echo "rolled $(call ecs describe-tasks --cluster "$name" --tasks "$task" --query 'tasks[0].taskDefinitionArn' --output text | sed 's/.*://')"
sleep 2
echo "line $(call logs filter-log-events --log-group-name "/ecs/$name" --filter-pattern second --query 'events[0].message' --output text)"
# The first datapoints of a service come with the next round of the meter.
for attempt in $(seq 30); do
  metrics=$(call cloudwatch list-metrics --namespace AWS/ECS --dimensions "Name=ServiceName,Value=$name" --query 'length(Metrics)' --output text)
  [ "$metrics" = 0 ] || break
  sleep 1
done
echo "metrics $metrics"
call ecs delete-service --cluster "$name" --service "$name" --force >/dev/null
call ecs wait services-inactive --cluster "$name" --services "$name"
echo "deleted $(call ecs delete-cluster --cluster "$name" --query cluster.status --output text)"
