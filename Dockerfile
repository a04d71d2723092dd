# One image for the MLflow server, the Prefect server and the worker: the same versions everywhere.
FROM python:3.11-slim-bookworm AS uv
WORKDIR /uv
COPY requirements.lock .
RUN awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock > uv.txt \
 && python -m venv /uv && /uv/bin/pip install --quiet --no-cache-dir --require-hashes --requirement uv.txt

FROM python:3.11-slim-bookworm

# Libraries first: an edit of the code leaves their layer alone. The lock's versions and hashes hold for whatever is
# installed; the development tools in it are not. Bytecode now, because the user below could not keep it later.
# Certificates are the image's, to which a company may have added its own.
ARG UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_SYSTEM_CERTS=1
WORKDIR /app
COPY requirements.lock pyproject.toml ./
RUN --mount=type=bind,from=uv,source=/uv,target=/uv --mount=type=cache,target=/root/.cache \
    /uv/bin/uv pip install --quiet --python "$(command -v python)" --constraint requirements.lock \
    --requirement pyproject.toml --extra server --extra dask

COPY README.md LICENSE prefect.yaml ./
COPY ml ml
COPY data data
COPY schemas schemas
COPY flows flows
COPY descent descent
COPY deploy/mlflow-auth.ini deploy/
# The links of the package `descent` are made anew: not every builder sends links of the context along.
RUN --mount=type=bind,from=uv,source=/uv,target=/uv --mount=type=cache,target=/root/.cache \
    for package in ml data schemas flows; do ln -sfn "../$package" "descent/$package"; done \
 && /uv/bin/uv pip install --quiet --python "$(command -v python)" --no-deps --build-constraint requirements.lock .

# The tables and experiments of a run lie in /srv/descent, and so does what it leaves.
RUN useradd --create-home --uid 1000 descent && mkdir /artifacts /srv/descent && chown descent:descent /artifacts /srv/descent
USER 1000
WORKDIR /srv/descent

# No telemetry, no look-ups in the internet (flows/machine/environment.py says what each is for).
ENV DO_NOT_TRACK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT=false \
    MLFLOW_DISABLE_TELEMETRY=true \
    MLFLOW_DISABLE_AGENT_HINT=true \
    MLFLOW_MODEL_CATALOG_URI= \
    MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING=false \
    MLFLOW_UV_AUTO_DETECT=false \
    GIT_PYTHON_REFRESH=quiet \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 \
    DESCENT_HOME=/srv/descent/.descent
CMD ["descent", "--help"]
