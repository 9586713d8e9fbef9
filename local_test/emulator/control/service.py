"""The operations of SageMaker's control plane and of Application Auto Scaling, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_test.emulator.aws import Aws
from local_test.emulator.batch.transforms import Transforms
from local_test.emulator.control.endpoint_configs import EndpointConfigs
from local_test.emulator.control.endpoints import Endpoints
from local_test.emulator.control.models import Models
from local_test.emulator.control.packages import Groups, Packages
from local_test.emulator.control.resource_tags import ResourceTags
from local_test.emulator.control.resources import Resources
from local_test.emulator.control.scalable_targets import ScalableTargets
from local_test.emulator.control.scaling_policies import ScalingPolicies
from local_test.emulator.control.tags import Tags
from local_test.emulator.control.training_jobs import TrainingJobs
from local_test.emulator.control.transform_jobs import TransformJobs
from local_test.emulator.control.validation import Model
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.protocol import JsonService, Operation
from local_test.emulator.store import Store
from local_test.emulator.training.trainings import Trainings


def sagemaker(store: Store, hosting: Hosting, transforms: Transforms, trainings: Trainings, aws: Aws) -> JsonService:
    """SageMaker."""
    model = Model("sagemaker")
    tags = Tags(store)
    resources = Resources(store, tags)
    targets = ScalableTargets(store, tags)
    packages = Packages(resources, model)
    groups = Groups(resources, model)
    models = Models(resources, packages, model, aws)
    configs = EndpointConfigs(resources, model)
    endpoints = Endpoints(resources, targets, hosting, model)
    jobs = TransformJobs(resources, transforms, model)
    training = TrainingJobs(resources, trainings, model)
    resource_tags = ResourceTags(resources, tags)
    return _service(
        model,
        {
            "CreateModel": models.create,
            "DescribeModel": models.describe,
            "ListModels": models.list,
            "DeleteModel": models.delete,
            "CreateEndpointConfig": configs.create,
            "DescribeEndpointConfig": configs.describe,
            "ListEndpointConfigs": configs.list,
            "DeleteEndpointConfig": configs.delete,
            "CreateEndpoint": endpoints.create,
            "DescribeEndpoint": endpoints.describe,
            "ListEndpoints": endpoints.list,
            "UpdateEndpoint": endpoints.update,
            "UpdateEndpointWeightsAndCapacities": endpoints.update_capacities,
            "DeleteEndpoint": endpoints.delete,
            "CreateModelPackageGroup": groups.create,
            "DescribeModelPackageGroup": groups.describe,
            "ListModelPackageGroups": groups.list,
            "DeleteModelPackageGroup": groups.delete,
            "CreateModelPackage": packages.create,
            "DescribeModelPackage": packages.describe,
            "ListModelPackages": packages.list,
            "UpdateModelPackage": packages.update,
            "DeleteModelPackage": packages.delete,
            "CreateTransformJob": jobs.create,
            "DescribeTransformJob": jobs.describe,
            "ListTransformJobs": jobs.list,
            "StopTransformJob": jobs.stop,
            "CreateTrainingJob": training.create,
            "DescribeTrainingJob": training.describe,
            "ListTrainingJobs": training.list,
            "StopTrainingJob": training.stop,
            "DeleteTrainingJob": training.delete,
            "AddTags": resource_tags.add,
            "ListTags": resource_tags.list,
            "DeleteTags": resource_tags.delete,
        },
    )


def scaling(store: Store) -> JsonService:
    """Application Auto Scaling."""
    targets = ScalableTargets(store, Tags(store))
    policies = ScalingPolicies(store)
    return _service(
        Model("application-autoscaling"),
        {
            "RegisterScalableTarget": targets.register,
            "DescribeScalableTargets": targets.describe,
            "DeregisterScalableTarget": targets.deregister,
            "PutScalingPolicy": policies.put,
            "DescribeScalingPolicies": policies.describe,
            "DeleteScalingPolicy": policies.delete,
            "DescribeScalingActivities": policies.activities,
            "ListTagsForResource": targets.list_tags,
            "TagResource": targets.tag,
            "UntagResource": targets.untag,
        },
    )


def _service(model: Model, operations: Mapping[str, Operation]) -> JsonService:
    """Documents have more than an operation's answer has; only the answer's members leave."""

    def answering(name: str, operation: Operation) -> Operation:
        def answer(region: str, members: dict[str, Any]) -> dict[str, Any]:
            return model.answer(name, operation(region, _given(members)))

        return answer

    return JsonService({name: answering(name, operation) for name, operation in operations.items()}, model.check)


def _given(value: Any) -> Any:
    """Without nulls, which say as much as nothing."""
    if isinstance(value, dict):
        return {name: _given(member) for name, member in value.items() if member is not None}
    return [_given(item) for item in value] if isinstance(value, list) else value
