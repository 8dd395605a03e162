"""CloudFormation for AWS: Fargate behind a load balancer in two zones, scaled by load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.deployment.sizes import fargate_size

if TYPE_CHECKING:
    from studio_magics.tools.dev.deployment.app import App

LOG_DAYS = 30
CPU_GOAL = 60


def template(app: App) -> dict[str, Any]:
    """The whole stack; image, certificate and secrets are parameters."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{app.name} on Fargate behind a load balancer",
        "Parameters": _parameters(app),
        "Resources": {
            **_network(),
            **_groups(app),
            **_balancer(app),
            **_roles(app),
            **_service(app),
            **_scaling(app),
        },
        "Outputs": {
            "Address": {
                "Description": "Where the load balancer answers",
                "Value": {"Fn::GetAtt": ["LoadBalancer", "DNSName"]},
            },
            "ServiceName": {"Description": "For rolling back", "Value": {"Fn::GetAtt": ["Service", "Name"]}},
        },
    }


def secret_parameter(name: str) -> str:
    """The name of the parameter that takes the ARN of a secret."""
    return "".join(part.capitalize() for part in name.split("_")) + "Arn"


def _parameters(app: App) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Image": {"Type": "String", "Description": "Image with digest, registry/name@sha256:…"}
    }
    if app.domain:
        found["CertificateArn"] = {
            "Type": "String",
            "Description": f"Certificate for {app.domain} in this region",
        }
    for name in app.secrets:
        found[secret_parameter(name)] = {"Type": "String", "Description": f"ARN of the secret for {name}"}
    return found


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _resource(kind: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties, **more}


def _network() -> dict[str, Any]:
    found = {
        "Network": _resource(
            "EC2::VPC", {"CidrBlock": "10.20.0.0/16", "EnableDnsSupport": True, "EnableDnsHostnames": True}
        ),
        "Gateway": _resource("EC2::InternetGateway", {}),
        "GatewayAttachment": _resource(
            "EC2::VPCGatewayAttachment", {"VpcId": _ref("Network"), "InternetGatewayId": _ref("Gateway")}
        ),
        "Routes": _resource("EC2::RouteTable", {"VpcId": _ref("Network")}),
        "DefaultRoute": _resource(
            "EC2::Route",
            {
                "RouteTableId": _ref("Routes"),
                "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": _ref("Gateway"),
            },
            DependsOn="GatewayAttachment",
        ),
    }
    for number, letter in enumerate("AB"):
        found[f"Subnet{letter}"] = _resource(
            "EC2::Subnet",
            {
                "VpcId": _ref("Network"),
                "CidrBlock": f"10.20.{number}.0/24",
                "AvailabilityZone": {"Fn::Select": [number, {"Fn::GetAZs": ""}]},
            },
        )
        association = {"SubnetId": _ref(f"Subnet{letter}"), "RouteTableId": _ref("Routes")}
        found[f"Subnet{letter}Routes"] = _resource("EC2::SubnetRouteTableAssociation", association)
    return found


def _groups(app: App) -> dict[str, Any]:
    ports = [80, 443] if app.domain else [80]
    return {
        "BalancerGroup": _resource(
            "EC2::SecurityGroup",
            {
                "GroupDescription": "Anybody to the load balancer",
                "VpcId": _ref("Network"),
                "SecurityGroupIngress": [
                    {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"}
                    for port in ports
                ],
            },
        ),
        "AppGroup": _resource(
            "EC2::SecurityGroup",
            {
                "GroupDescription": "Only the load balancer to the app",
                "VpcId": _ref("Network"),
                "SecurityGroupIngress": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": app.port,
                        "ToPort": app.port,
                        "SourceSecurityGroupId": {"Fn::GetAtt": ["BalancerGroup", "GroupId"]},
                    }
                ],
            },
        ),
    }


def _balancer(app: App) -> dict[str, Any]:
    forward = [{"Type": "forward", "TargetGroupArn": _ref("Targets")}]
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    plain = [{"Type": "redirect", "RedirectConfig": redirect}] if app.domain else forward
    found = {
        "LoadBalancer": _resource(
            "ElasticLoadBalancingV2::LoadBalancer",
            {
                "Type": "application",
                "Scheme": "internet-facing",
                "Subnets": [_ref("SubnetA"), _ref("SubnetB")],
                "SecurityGroups": [{"Fn::GetAtt": ["BalancerGroup", "GroupId"]}],
                "LoadBalancerAttributes": [
                    {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}
                ],
            },
            DependsOn="GatewayAttachment",
        ),
        "Targets": _resource(
            "ElasticLoadBalancingV2::TargetGroup",
            {
                "TargetType": "ip",
                "Protocol": "HTTP",
                "Port": app.port,
                "VpcId": _ref("Network"),
                "HealthCheckPath": app.probe,
                "HealthCheckIntervalSeconds": 15,
                "HealthCheckTimeoutSeconds": 5,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 3,
                "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}],
            },
        ),
        "PlainListener": _listener("HTTP", 80, plain),
    }
    if app.domain:
        encrypted = {
            "Certificates": [{"CertificateArn": _ref("CertificateArn")}],
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        }
        found["EncryptedListener"] = _listener("HTTPS", 443, forward, **encrypted)
    return found


def _listener(protocol: str, port: int, actions: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return _resource(
        "ElasticLoadBalancingV2::Listener",
        {
            "LoadBalancerArn": _ref("LoadBalancer"),
            "Protocol": protocol,
            "Port": port,
            "DefaultActions": actions,
            **more,
        },
    )


def _roles(app: App) -> dict[str, Any]:
    start: dict[str, Any] = {
        "AssumeRolePolicyDocument": _assumed_by_tasks(),
        "ManagedPolicyArns": [
            {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}
        ],
    }
    if app.secrets:
        statement = {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": [_ref(secret_parameter(name)) for name in app.secrets],
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        start["Policies"] = [{"PolicyName": "read-own-secrets", "PolicyDocument": document}]
    return {
        "StartRole": _resource("IAM::Role", start),
        "AppRole": _resource("IAM::Role", {"AssumeRolePolicyDocument": _assumed_by_tasks()}),
    }


def _assumed_by_tasks() -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _service(app: App) -> dict[str, Any]:
    cpu, memory = fargate_size(app.cpu, app.memory_mb)
    insights = {"Name": "containerInsights", "Value": "enabled"}
    return {
        "Logs": _resource("Logs::LogGroup", {"RetentionInDays": LOG_DAYS}, DeletionPolicy="Retain",
                          UpdateReplacePolicy="Retain"),
        "Cluster": _resource("ECS::Cluster", {"ClusterSettings": [insights]}),
        "Task": _resource(
            "ECS::TaskDefinition",
            {
                "Family": app.name, "RequiresCompatibilities": ["FARGATE"], "NetworkMode": "awsvpc",
                "Cpu": str(cpu), "Memory": str(memory),
                "ExecutionRoleArn": {"Fn::GetAtt": ["StartRole", "Arn"]},
                "TaskRoleArn": {"Fn::GetAtt": ["AppRole", "Arn"]},
                "ContainerDefinitions": [_container(app)],
            },
        ),
        "Service": _resource("ECS::Service", _service_properties(app),
                             DependsOn="EncryptedListener" if app.domain else "PlainListener"),
        "ErrorAlarm": _resource("CloudWatch::Alarm", _alarm()),
    }  # fmt: skip


def _container(app: App) -> dict[str, Any]:
    environment = {"PORT": str(app.port), **app.environment}
    found: dict[str, Any] = {
        "Name": "app",
        "Image": _ref("Image"),
        "Essential": True,
        "PortMappings": [{"ContainerPort": app.port, "Protocol": "tcp"}],
        "Environment": [{"Name": key, "Value": value} for key, value in environment.items()],
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": _ref("Logs"),
                "awslogs-region": _ref("AWS::Region"),
                "awslogs-stream-prefix": "app",
            },
        },
    }
    if app.secrets:
        found["Secrets"] = [{"Name": name, "ValueFrom": _ref(secret_parameter(name))} for name in app.secrets]
    return found


def _service_properties(app: App) -> dict[str, Any]:
    return {
        "Cluster": _ref("Cluster"),
        "TaskDefinition": _ref("Task"),
        "LaunchType": "FARGATE",
        "DesiredCount": max(app.least, 1),
        "HealthCheckGracePeriodSeconds": 60,
        "DeploymentConfiguration": {
            "MinimumHealthyPercent": 100,
            "MaximumPercent": 200,
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
            "Alarms": {"Enable": True, "Rollback": True, "AlarmNames": [_ref("ErrorAlarm")]},
        },
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "AssignPublicIp": "ENABLED",
                "Subnets": [_ref("SubnetA"), _ref("SubnetB")],
                "SecurityGroups": [{"Fn::GetAtt": ["AppGroup", "GroupId"]}],
            }
        },
        "LoadBalancers": [
            {"ContainerName": "app", "ContainerPort": app.port, "TargetGroupArn": _ref("Targets")}
        ],
    }


def _alarm() -> dict[str, Any]:
    dimension = {"Name": "LoadBalancer", "Value": {"Fn::GetAtt": ["LoadBalancer", "LoadBalancerFullName"]}}
    return {
        "AlarmDescription": "More than ten answers of 5xx a minute, two minutes long",
        "Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count", "Statistic": "Sum",
        "Dimensions": [dimension], "Period": 60, "EvaluationPeriods": 2, "Threshold": 10,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
    }  # fmt: skip


def _scaling(app: App) -> dict[str, Any]:
    return {
        "Scale": _resource(
            "ApplicationAutoScaling::ScalableTarget",
            {
                "ServiceNamespace": "ecs",
                "ScalableDimension": "ecs:service:DesiredCount",
                "ResourceId": {"Fn::Sub": "service/${Cluster}/${Service.Name}"},
                "MinCapacity": max(app.least, 1),
                "MaxCapacity": app.most,
            },
        ),
        "ScaleByCpu": _resource(
            "ApplicationAutoScaling::ScalingPolicy",
            {
                "PolicyName": "by-cpu",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": _ref("Scale"),
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": CPU_GOAL,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
                    },
                },
            },
        ),
    }
