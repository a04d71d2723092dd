# One image for the MLflow server, the Prefect server and the worker: the same versions everywhere.
FROM python:3.11-slim-bookworm

WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY ml ml
COPY data data
COPY schemas schemas
COPY flows flows
COPY experiments experiments
COPY prefect.yaml ./

# The lock's hashes hold for what is installed; development tools in it are left out.
RUN --mount=type=cache,target=/root/.cache \
    python -m venv /tmp/uv \
 && awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock > /tmp/uv.txt \
 && /tmp/uv/bin/pip install --quiet --require-hashes --requirement /tmp/uv.txt \
 && /tmp/uv/bin/uv pip install --quiet --system --break-system-packages --constraint requirements.lock --build-constraint requirements.lock ".[postgres]" \
 && rm -rf /tmp/uv /tmp/uv.txt

RUN useradd --create-home --uid 1000 descent && mkdir -p /artifacts /work && chown descent:descent /artifacts /work
USER descent
WORKDIR /work

ENV DO_NOT_TRACK=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DESCENT_HOME=/work/.descent
CMD ["descent", "--help"]
