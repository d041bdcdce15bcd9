# The service as an image: docs/deploying.md, and why so: docs/decisions/0017-container.md.
# VARIANT=gpu takes TensorFlow with CUDA. PIP_INDEX_URL, for another package index, stays in stages that are not shipped.

FROM python:3.11-slim-bookworm AS environment
ARG VARIANT=cpu
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_COMPILE=1
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
RUN python -m venv --without-pip /opt/venv
COPY requirements.lock requirements-gpu.lock /
RUN --mount=type=cache,target=/root/.cache/pip \
    case "$VARIANT" in \
        cpu) lock=/requirements.lock ;; \
        gpu) lock=/requirements-gpu.lock ;; \
        *) echo "VARIANT is cpu or gpu, not $VARIANT" >&2; exit 1 ;; \
    esac \
    && python -m pip --python /opt/venv/bin/python install --require-hashes -r "$lock"

# What a service never loads. Only TensorFlow's libraries may be stripped: it breaks those that auditwheel has patched.
# Python can't write what it compiles on a read-only root, so it finds it, and need not compare it with the sources.
FROM environment AS lean
RUN python -m pip --python /opt/venv/bin/python uninstall --yes grpcio libclang setuptools wheel
RUN cd /opt/venv/lib/python3.11/site-packages \
    && rm -r tensorflow/include \
    && find . -type d -name tests -prune -exec rm -r {} + \
    && find tensorflow -type f -name '*.so*' -exec strip --strip-unneeded {} +
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

FROM environment AS project
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY models models
RUN mv models/artifacts /artifacts && chmod -R a+rX /artifacts
RUN python -m pip --python /opt/venv/bin/python install --no-deps --no-build-isolation --prefix=/project . \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /project/lib

FROM python:3.11-slim-bookworm
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Limpid" \
      org.opencontainers.image.description="A REST service that cleans images" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"
# What changes least comes first: a new version of the service is a layer of two megabytes.
COPY --from=lean /opt/venv /opt/venv
COPY --from=project /artifacts /artifacts
COPY --from=project /project /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    LIMPID_HOST=0.0.0.0 \
    LIMPID_PORT=8000 \
    LIMPID_ARTIFACTS_DIR=/artifacts \
    LIMPID_LOG_FORMAT=json
WORKDIR /srv
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=2m --retries=3 CMD ["python", "-m", "app.healthcheck"]
CMD ["limpid", "serve"]
