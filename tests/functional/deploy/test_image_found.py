"""What people call an image, and the digest that is deployed."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from cloud import ACCOUNT, REGION

from deploy.aws.ecr import ECR, StoredImage
from deploy.aws.session import Session
from deploy.endpoint.image import DOCKER_MANIFEST, resolve
from deploy.endpoint.limits import IMAGE_BYTES
from deploy.errors import LimitError, Missing, NotSupported, UsageError

HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
OTHER = "999999999999"
A = "sha256:" + "a" * 64


@pytest.fixture
def push(cloud):
    """Put an image into a repository; its digest."""
    ecr = cloud.client("ecr")

    def push(repository="coppice", tag="v1", media_type=DOCKER_MANIFEST):
        if repository not in [found["repositoryName"] for found in ecr.describe_repositories()["repositories"]]:
            ecr.create_repository(repositoryName=repository)
        manifest = {"schemaVersion": 2, "mediaType": media_type, "name": f"{repository}:{tag}", "layers": []}
        manifest["config"] = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7, "digest": A}
        put = ecr.put_image(
            repositoryName=repository,
            imageTag=tag,
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=media_type,
        )
        return put["image"]["imageId"]["imageDigest"]

    return push


@pytest.fixture
def find(cloud):
    session = Session()
    return lambda text, serverless=True: resolve(text, session, ECR(session), serverless)


@pytest.mark.parametrize("text", ["v1", "coppice:v1", HOST + "/coppice:v1"])
def test_an_image_by_tag_is_deployed_by_its_digest(push, find, text):
    digest = push()
    assert find(text) == (f"{HOST}/coppice@{digest}", digest, "v1", "")


def test_an_image_by_digest_is_taken_as_it_is(push, find):
    digest = push("team/forests")
    for text in (f"team/forests@{digest}", f"{HOST}/team/forests@{digest}"):
        assert find(text) == (f"{HOST}/team/forests@{digest}", digest, None, "")
    assert find(f"{HOST}/team/forests:old@{digest}").uri == f"{HOST}/team/forests@{digest}"


def test_a_tag_that_is_not_there(push, find):
    push()
    for text, repository, tag in (("v2", "coppice", "v2"), ("other:v1", "other", "v1")):
        with pytest.raises(Missing, match=f"ECR has no image {repository}:{tag} in {REGION}") as caught:
            find(text)
        assert caught.value.hint == f"Push it: coppice push {repository} {tag}"


def test_a_digest_that_ecr_does_not_show_is_a_warning(push, find):
    push()
    for text in (f"coppice@{A}", f"{HOST}/coppice@{A}", f"nowhere@{A}"):
        found = find(text)
        assert found.uri == f"{HOST}/{text.rpartition('/')[2]}"
        assert "SageMaker will be the first to check it" in found.warning


@pytest.mark.parametrize("media_type", [OCI, INDEX])
@pytest.mark.parametrize("serverless", [True, False])
def test_a_manifest_that_sagemaker_refuses(push, find, media_type, serverless):
    push(media_type=media_type)
    with pytest.raises(NotSupported, match=f"Docker v2 manifest; this one's is {media_type}".replace("+", r"\+")) as no:
        find("v1", serverless)
    assert "--provenance=false" in no.value.hint


def test_another_accounts_image_is_for_instances_only(find):
    text = f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com/coppice@{A}"
    with pytest.raises(NotSupported, match=f"is in its own account, {ACCOUNT}; this one is in {OTHER}") as caught:
        find(text)
    assert "--instance-type" in caught.value.hint
    assert find(text, serverless=False).uri == text


def test_another_regions_image(find):
    with pytest.raises(NotSupported, match=f"The image is in us-east-1, the endpoint would be in {REGION}") as caught:
        find(f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/coppice:v1")
    assert "--region us-east-1" in caught.value.hint


@pytest.mark.parametrize(
    "host", ["docker.io", "ghcr.io", "public.ecr.aws", "registry:5000", f"{HOST}.evil.com", "10.0.0.1:5000"]
)
def test_another_registry(find, host):
    with pytest.raises(NotSupported, match=r"pulls from Amazon ECR; .* is another registry") as caught:
        find(f"{host}/coppice:v1")
    assert "coppice push" in caught.value.hint


@pytest.mark.parametrize("host", ["localhost:5000", "localhost", "127.0.0.1:5000", "[::1]:5000"])
def test_a_registry_on_this_machine(find, host):
    assert find(f"{host}/coppice@{A}") == (f"{host}/coppice@{A}", A, None, "")
    with pytest.raises(UsageError, match="deployed by its digest"):
        find(f"{host}/coppice:v1")


def test_a_registry_on_this_machine_is_out_of_awss_reach(find, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(NotSupported, match="where SageMaker can't pull it"):
        find(f"127.0.0.1:5000/coppice@{A}")


@pytest.mark.parametrize(
    "text",
    ["", "a/b", f"{HOST}/coppice", "Coppice:v1", "coppice:", "coppice@sha256:1", f"coppice@{A}0", "-v1", "größe",
     "a//:v", "/coppice:v1", ":v1", f"@{A}", "coppice:" + "t" * 129, f"https://{HOST}/coppice:v1"],
)  # fmt: skip
def test_what_is_no_image(find, text):
    with pytest.raises(UsageError) as caught:
        find(text)
    assert caught.value.exit_code == 2
    assert len(caught.value.message.splitlines()) == 1


class Shows:
    """An ECR with one image."""

    host = HOST

    def __init__(self, size):
        self.size = size

    def image(self, *_, **__):
        return StoredImage(A, DOCKER_MANIFEST, self.size, ("v1",))


def test_an_image_that_is_too_big():
    session = SimpleNamespace(account=ACCOUNT, region=REGION)
    assert resolve("v1", session, Shows(IMAGE_BYTES), True).digest == A
    with pytest.raises(LimitError, match=r"has up to 10,000,000,000 bytes; this one has 10,000,000,001\."):
        resolve("v1", session, Shows(IMAGE_BYTES + 1), True)
    assert resolve("v1", session, Shows(IMAGE_BYTES + 1), False).digest == A


def test_an_address_that_gets_too_long_with_its_digest():
    session = SimpleNamespace(account=ACCOUNT, region=REGION)
    longest = "r" * (255 - len(f"{HOST}/@{A}"))
    assert len(resolve(f"{longest}:v1", session, Shows(1), True).uri) == 255
    with pytest.raises(LimitError, match="image takes an address of up to 255 characters"):
        resolve(f"{longest}r:v1", session, Shows(1), True)


def test_chinas_registries_have_their_own_domain():
    china = SimpleNamespace(account=ACCOUNT, region="cn-north-1", partition="aws-cn")
    assert ECR(china).host == f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn"
