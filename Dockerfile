# The image that SageMaker runs: `docker run IMAGE serve` and `docker run IMAGE train`.
#   docker build -t coppice .                                  full: serves any scikit-learn model, and trains
#   docker build -t coppice-slim --target slim .               serves compiled forests only
#   docker build -t coppice --build-arg PARQUET=1 .            with pyarrow, for application/x-parquet
#   docker build -t coppice --build-arg S3=1 .                 with boto3, for scripts that lie in S3
#   docker build -t coppice --build-arg BASE_IMAGE=… .         on another Debian with Python 3.11 or newer
ARG BASE_IMAGE=python:3.13-slim

# The wheel, with the native kernel in it; the compiler stays here.
FROM ${BASE_IMAGE} AS wheel
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && if ! ls /usr/local/include/python3*/Python.h; then apt-get install --yes --no-install-recommends python3-dev; fi
RUN python3 -m venv /build
WORKDIR /src
COPY requirements/build.txt requirements/
RUN /build/bin/pip install --require-hashes -r requirements/build.txt
COPY pyproject.toml setup.py README.md LICENSE ./
COPY container/ container/
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

# What is copied on is /opt/coppice alone: no pip, no compiler, no caches.
FROM ${BASE_IMAGE} AS slim-builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/coppice
COPY requirements/ /requirements/
COPY --from=wheel /wheels /wheels
RUN sh /requirements/install slim

FROM slim-builder AS full-builder
RUN sh /requirements/install full
ARG PARQUET=0
RUN [ "$PARQUET" != 1 ] || sh /requirements/install parquet
ARG S3=0
RUN [ "$S3" != 1 ] || sh /requirements/install s3

FROM ${BASE_IMAGE} AS base
ARG VERSION=dev
ARG REVISION=unknown
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true \
      org.opencontainers.image.title="Coppice" \
      org.opencontainers.image.description="Serves scikit-learn forests on Amazon SageMaker" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# One arena a core, and no thread pools: a serverless endpoint pays for memory, and has one core or less.
ENV PATH=/opt/coppice/bin:$PATH \
    HOME=/tmp \
    SM_MODEL_DIR=/opt/ml/model \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1
WORKDIR /tmp
EXPOSE 8080
# No USER: SageMaker's training mounts /opt/ml for root, and its serverless endpoints choose a user of their own, who
# may write nowhere but /tmp. Exec form, so that SIGTERM arrives. -P: nothing is imported from the working directory.
ENTRYPOINT ["/opt/coppice/bin/python", "-P", "-m", "container"]
CMD ["serve"]

FROM base AS slim
COPY --from=slim-builder /opt/coppice /opt/coppice

FROM base AS full
COPY --from=full-builder /opt/coppice /opt/coppice
