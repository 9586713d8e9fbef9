#!/usr/bin/env bash
# Builds the image and pushes it to ECR: build_and_push.sh [NAME] [TAG]
# The last line, and the only one on stdout, is the image's digest URI, which is what gets deployed. It needs docker and
# the aws command line, and does what `coppice build` and `coppice push` do. docs/image.md says what is checked and why.
#   BASE_IMAGE=…      replaces python:3.13-slim        TARGET=slim       serves compiled forests only
#   BUILD_FLAGS=…     docker build's flags, by default --network host
#   COPPICE_REGISTRY=127.0.0.1:5000    a registry of your own in ECR's place; AWS isn't asked
# Exit codes: 1 it failed, 2 the image or the name can't be, 3 something has to be there first.
set -euo pipefail
exec 3>&1 1>&2 # only `>&3` is data; whatever else is printed is for people
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly PLATFORM=linux/amd64 MAX_BYTES=10000000000 UNTAGGED_DAYS=14 PATIENCE=20
readonly DOCKER_MANIFEST=application/vnd.docker.distribution.manifest.v2+json
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
target=${TARGET:-full}

fail() { # CODE MESSAGE [HINT…]
  local code=$1 hint
  echo "error: $2"
  shift 2
  for hint in "$@"; do echo "  $hint"; done
  exit "$code"
}
ok() { echo "  ✓ $*"; }

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[ "$revision" = unknown ] || [ -z "$(git status --porcelain)" ] || revision=$revision-dirty
default_tag=$version
[ "$revision" = unknown ] || default_tag=$version-${revision:0:12}${revision:40}
if [ "$target" = full ]; then name=${1:-coppice}; else name=${1:-coppice-$target}; fi
tag=${2:-$default_tag}
image=$name:$tag
rebuild="Build it again: ./build_and_push.sh $name $tag"

[ $# -le 2 ] || fail 2 "Too many arguments." "Usage: ./build_and_push.sh [NAME] [TAG]"
[[ $name =~ ^[a-z0-9]+([._/-]+[a-z0-9]+)*$ ]] ||
  fail 2 "An image's name has lower-case letters, digits and . _ - /; this is '$name'." "The tag is the second argument."
[[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] ||
  fail 2 "A tag has up to 128 letters, digits and . _ - and starts with no dot or dash; this is '$tag'."

# What has to be there: docker, its engine, and an account and a region unless the registry is one's own.
command -v docker >/dev/null || fail 3 "There is no docker command here." "Install Docker Engine or Docker Desktop."
docker version >/dev/null || fail 3 "Docker's engine doesn't answer." \
  "Start it: sudo systemctl start docker (or open Docker Desktop); join its group: sudo usermod -aG docker \$USER"
registry=${COPPICE_REGISTRY:-}
if [ -z "$registry" ]; then
  command -v aws >/dev/null || fail 3 "There is no aws command here." "Install the AWS CLI, version 2."
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  [ -n "$region" ] || fail 3 "No AWS region is set." "export AWS_REGION=eu-west-1, or: aws configure"
  aws() { command aws --region "$region" --output text "$@"; }
  account=$(aws sts get-caller-identity --query Account) ||
    fail 3 "AWS doesn't know who this is." "Set credentials up: aws configure (or aws sso login)"
  echo "$image → ECR, account $account, $region"
else
  echo "$image → $registry, as COPPICE_REGISTRY says"
fi

# BuildKit would add a provenance attestation and make an OCI index; the old builder does neither.
if docker buildx build --help 2>/dev/null | grep -e --provenance >/dev/null; then
  build=(docker buildx build --provenance=false --output "type=docker,oci-mediatypes=false")
else
  build=(docker build)
fi
[ -z "${BASE_IMAGE:-}" ] || build+=(--build-arg "BASE_IMAGE=$BASE_IMAGE")
# shellcheck disable=SC2086 # the flags are words
"${build[@]}" --platform $PLATFORM --target "$target" --tag "$image" --build-arg "VERSION=$version" \
  --build-arg "REVISION=$revision" ${BUILD_FLAGS---network host} . ||
  fail 1 "docker build failed; what it said is above."

# Engines that don't keep manifests (no Descriptor) make one when they push, always of Docker's kind.
look='{{.Id}} {{.Os}}/{{.Architecture}} {{.Size}}'
read -r id platform bytes <<<"$(docker image inspect --format "$look" "$image")"
[ "$platform" = $PLATFORM ] || fail 2 "$image is built for $platform; serverless endpoints run $PLATFORM." "$rebuild"
ok "$PLATFORM"
[ "$bytes" -lt $MAX_BYTES ] ||
  fail 2 "$image has $bytes bytes; the image of a serverless endpoint is under 10 GB." "See: docker history $image"
ok "$(((bytes + 500000) / 1000000)) MB, which is under 10 GB"
kind=$(docker image inspect --format '{{.Descriptor.mediaType}}' "$image" 2>/dev/null || true)
[[ $kind == application/* ]] || kind=$DOCKER_MANIFEST
[ "$kind" = $DOCKER_MANIFEST ] || fail 2 "$image comes as $kind; SageMaker takes only $DOCKER_MANIFEST." "$rebuild"
ok "one manifest of Docker's kind"

# Whether it knows `serve`: it answers on port 8080, or takes the word otherwise than one that means nothing.
check=coppice-check-$$
remove() { docker rm --force --volumes "$check" >/dev/null 2>&1 || true; }
trap remove EXIT
state() { docker inspect --format "{{.State.$1}}" "$check"; }
answers() { # docker's proxy takes any connection, so only an HTTP answer counts
  local address line
  address=$(docker port "$check" 8080 2>/dev/null) && [ -n "$address" ] || return 1
  address=${address%%$'\n'*}
  line=$(exec 2>/dev/null 4<>"/dev/tcp/${address%:*}/${address##*:}" && printf 'GET /ping HTTP/1.0\r\n\r\n' >&4 &&
    read -r -t 2 line <&4 && echo "$line") || return 1
  [[ $line == HTTP/* ]]
}
try() { # WORD; leaves `outcome`, which is `answers`, `silent` or an exit code, and what was `said`
  local end=$((SECONDS + PATIENCE))
  remove
  outcome=127
  said=$(docker run --detach --name "$check" --platform $PLATFORM --read-only --tmpfs /tmp --user 65534:65534 \
    --hostname check --publish 127.0.0.1::8080 "$image" "$1" 2>&1) || return 0
  outcome=silent
  while [ "$(state Running)" = true ] && [ $SECONDS -le $end ]; do
    if answers; then outcome=answers && break; fi
    sleep 0.2
  done
  [ "$(state Running)" = true ] || outcome=$(state ExitCode)
  said=$(docker logs "$check" 2>&1)
}
alike() { sed -e 's/no-such-program/serve/g' -e 's/[0-9][0-9]*/0/g' <<<"$1"; }
try serve
served=$outcome answer=$said
case $served in
  answers | 0 | 12[567]) ;;
  *)
    try no-such-program
    [ "$outcome" != "$served" ] || [ "$(alike "$said")" != "$(alike "$answer")" ] || served=127
    ;;
esac
case $served in
  answers) ok "answers on port 8080 when told to serve" ;;
  0 | 12[567]) fail 1 "$image doesn't know \`serve\`, the word that SageMaker starts it with: ${answer##*$'\n'}" \
    "Its entry point has to be a program that takes the word. See: docker run --rm $image serve" ;;
  *) ok "knows \`serve\`" ;;
esac

# The repository: created as it should be, or else left as it is.
if [ -n "$registry" ]; then
  uri=$registry/$name
else
  refused() { fail 1 "ECR refused; what it said is above." "See what pushing needs: coppice policy deployer"; }
  repository() { aws ecr "$@" --repository-name "$name"; }
  describe=(aws ecr describe-repositories --repository-names "$name" --query)
  if ! found=$("${describe[@]}" 'repositories[0].[repositoryUri,imageTagMutability,imageScanningConfiguration.scanOnPush]' 2>&1); then
    [[ $found == *RepositoryNotFoundException* ]] || { echo "$found" && refused; }
    uri=$(repository create-repository --image-tag-mutability IMMUTABLE --image-scanning-configuration scanOnPush=true \
      --tags "Key=coppice:version,Value=$version" --query repository.repositoryUri) || refused
    repository put-lifecycle-policy --lifecycle-policy-text '{"rules": [{"rulePriority": 1,
      "description": "Images without a tag go after '$UNTAGGED_DAYS' days", "action": {"type": "expire"},
      "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days",
      "countNumber": '$UNTAGGED_DAYS'}}]}' >/dev/null || refused
    ok "created the repository $uri: tags are immutable, images scanned"
  else
    read -r uri mutability scans <<<"$found"
    [[ $mutability == IMMUTABLE* ]] || echo "  ! the tags of $name can be overwritten. To change that:" \
      "aws ecr put-image-tag-mutability --repository-name $name --image-tag-mutability IMMUTABLE"
    [ "$scans" = True ] || echo "  ! images pushed to $name aren't scanned. To change that:" \
      "aws ecr put-image-scanning-configuration --repository-name $name --image-scanning-configuration scanOnPush=true"
    repository get-lifecycle-policy >/dev/null 2>&1 || echo "  ! nothing removes the untagged images of $name."
  fi
  aws ecr get-login-password | docker login --username AWS --password-stdin "${uri%%/*}" >/dev/null ||
    fail 1 "docker can't log in to ${uri%%/*}."
fi

# What the registry has under the tag: `kind` of manifest, its `digest`, and the `config` that names the image.
stored() {
  local manifest insecure=()
  case $uri in 127.* | localhost[:/]*) insecure=(--insecure) ;; esac
  if ! manifest=$(docker manifest inspect --verbose ${insecure[@]+"${insecure[@]}"} "$uri:$tag" 2>&1); then
    [[ $manifest == *"no such manifest"* || $manifest == *"manifest unknown"* ]] && return 1
    fail 1 "The registry doesn't answer for $uri:$tag: $manifest"
  fi
  kind="an index of manifests" digest='' config=''
  [[ $manifest != \[* ]] || return 0
  kind=$(sed -n '/"mediaType"/{s/.*: "\(.*\)".*/\1/p;q;}' <<<"$manifest")
  digest=$(sed -n '/"digest"/{s/.*: "\(.*\)".*/\1/p;q;}' <<<"$manifest")
  config=$(sed -n '/"config"/,/}/s/.*"digest": "\(.*\)".*/\1/p' <<<"$manifest")
}
if stored; then
  # Engines name an image by its config or, with containerd, by its manifest.
  [ "$id" = "$config" ] || [ "$id" = "$digest" ] ||
    fail 2 "$uri:$tag is another image already, and a tag is written once." \
      "Choose another tag: ./build_and_push.sh $name TAG" \
      "Without a TAG it is the version and the commit, so committing your changes gives a new one, too."
  done="$uri:$tag is this image already; nothing to push"
else
  docker tag "$image" "$uri:$tag"
  docker push "$uri:$tag" || fail 1 "docker push failed; what it said is above." "By itself: docker push $uri:$tag"
  stored || fail 1 "docker pushed $uri:$tag, but the registry doesn't have it." "Push once more."
  done="the registry has it as $digest"
fi
[ "$kind" = $DOCKER_MANIFEST ] || fail 2 "$image arrived as $kind; SageMaker takes only $DOCKER_MANIFEST." "$rebuild"
ok "$done"
echo "$uri@$digest" >&3
