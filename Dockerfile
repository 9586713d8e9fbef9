# The image that SageMaker runs: `docker run IMAGE serve` and `docker run IMAGE train`.
#   docker build -t coppice .
#   docker build -t coppice --build-arg PARQUET=1 .            with pyarrow, for application/x-parquet
#   docker build -t coppice --build-arg BASE_IMAGE=… .         on another Debian with Python 3.11 or newer
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS builder
ARG PARQUET=0
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# pip stays in /build; what is copied on is /opt/coppice alone.
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/coppice
WORKDIR /src
COPY requirements/ requirements/
RUN /build/bin/pip install --require-hashes -r requirements/build.txt \
 && if [ "$PARQUET" = 1 ]; then lock=parquet; else lock=full; fi \
 && /build/bin/pip --python /opt/coppice/bin/python install --require-hashes -r "requirements/$lock.txt"
COPY pyproject.toml README.md LICENSE ./
COPY container/ container/
# Built here and installed as a wheel. The command line stays on the laptop, so its script has nothing to start.
# Bytecode is compiled now, since nothing can be written later, and trusted without a look at the source's date.
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /build/bin/pip --python /opt/coppice/bin/python install --no-deps /wheels/*.whl \
 && rm /opt/coppice/bin/coppice \
 && find /opt/coppice -type d -name tests -prune -exec rm -rf {} + \
 && /opt/coppice/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/coppice/lib \
 && chmod -R a+rX /opt/coppice

FROM ${BASE_IMAGE} AS full
ARG VERSION=dev
ARG REVISION=unknown
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true \
      org.opencontainers.image.title="Coppice" \
      org.opencontainers.image.description="Serves scikit-learn forests on Amazon SageMaker" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=builder /opt/coppice /opt/coppice
# One arena a core, and no thread pools: a serverless endpoint pays for memory, and has one core or less.
ENV PATH=/opt/coppice/bin:$PATH \
    HOME=/tmp \
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
