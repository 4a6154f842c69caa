"""Checks every IAM policy of infra/template.yaml with parliament, which knows each action, its resources and conditions.

CloudFormation's functions are replaced by values of the form that they have on AWS, so that parliament can compare an
action with the type of its resource. Usage: python .ci/policies.py infra/template.yaml
"""

import json
import re
import sys

import parliament
from cfnlint.decode.cfn_yaml import load

ACCOUNT = "000000000000"
ARN = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/name",
    "AWS::Logs::LogGroup": f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:name:*",
    "AWS::SQS::Queue": f"arn:aws:sqs:eu-central-1:{ACCOUNT}:name",
    "AWS::Serverless::Function": f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:name",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:name-AbCdEf",
    "AWS::SNS::Topic": f"arn:aws:sns:eu-central-1:{ACCOUNT}:name",
}
KNOWN = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "KmsKeyArn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000",
}

# Findings of parliament that we accept, each with the reason.
ACCEPTED = {
    # X-Ray has no resources
    ("TracePolicy", "RESOURCE_STAR"),
}


def value(node, resources):
    """Resolves the functions in a policy: conditions to the branch that grants something, references to ARNs."""
    if isinstance(node, list):
        return [value(item, resources) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        (function, argument), = node.items()
        if function in ("Ref", "Fn::GetAtt"):
            name = argument if function == "Ref" else argument[0] if isinstance(argument, list) else argument.split(".")[0]
            return KNOWN.get(name) or ARN.get(resources.get(name, {}).get("Type"), "name")
        if function == "Fn::Sub":
            pattern = argument if isinstance(argument, str) else argument[0]
            return re.sub(r"\$\{([^}]+)\}", lambda m: str(value({"Ref": m[1].removesuffix(".Arn")}, resources)), pattern)
        if function == "Fn::If":
            return value(argument[1], resources)
        if function.startswith("Fn::"):
            raise ValueError(f"{function} in a policy is not known to .ci/policies.py")
    return {name: value(item, resources) for name, item in node.items()}


def policies(resources):
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield name, properties["PolicyDocument"]
        for policy in properties.get("Policies", []):
            yield name, policy["PolicyDocument"]


def main():
    resources = load(sys.argv[1])["Resources"]
    checked, problems = 0, []
    for name, policy in policies(resources):
        checked += 1
        analyzed = parliament.analyze_policy_string(json.dumps(value(policy, resources)))
        for finding in analyzed.findings:
            if (name, finding.issue) not in ACCEPTED:
                problems.append(f"{name}: {finding.issue}: {finding.detail} {finding.location}")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    print(f"{checked} policies, {len(problems)} problems")
    return 1 if problems or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
