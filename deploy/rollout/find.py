"""Finds what a Spec is made from, and looks which of the desired things are there. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deploy.aws import tags
from deploy.aws.ecr import ECR
from deploy.aws.iam import IAM
from deploy.aws.model_registry import ModelRegistry
from deploy.aws.s3 import S3, S3Uri
from deploy.aws.sagemaker import SageMaker
from deploy.aws.session import Session
from deploy.endpoint import artifact, image, limits, package, role
from deploy.endpoint.spec import Serverless, Spec
from deploy.rollout.desired import Desired, Source
from deploy.rollout.plan import There


@dataclass(frozen=True)
class Finder:
    """Where things are looked for."""

    session: Session
    sagemaker: SageMaker
    s3: S3
    ecr: ECR

    def source(self, spec: Spec) -> Source:
        """Archive, image and role, in this order; raises what finding them raises."""
        found = package.find(ModelRegistry(self.session), spec.from_registry) if spec.from_registry else None
        place = S3Uri.parse(found.model_data_url, "The package's model") if found else spec.model
        name = found.image if found else spec.image
        assert place is not None and name is not None  # noqa: S101 - a Spec has these, or a package
        serverless = isinstance(spec.hosting, Serverless)
        archive = artifact.locate(place, spec.name, spec.bucket, self.s3, serverless)
        arn = role.resolve(spec.role, IAM(self.session), self.session.account)
        resolved = image.resolve(name, self.session, self.ecr, serverless)
        if found and tags.ARTIFACT in found.metadata:  # the hash it was registered with says more than S3's etag
            archive = replace(archive, identity=found.metadata[tags.ARTIFACT])
        if found:
            limits.check_environment({**found.environment, **spec.environment})
        return Source(archive, resolved, arn, found)

    def there(self, desired: Desired) -> There:
        """Which of the desired things are there already."""
        archive = desired.source.archive
        return There(
            bucket=archive.file is None or self.s3.bucket_exists(archive.uri.bucket),
            model=self.sagemaker.model(desired.model_name) is not None,
            config=self.sagemaker.config(desired.config_name) is not None,
        )
