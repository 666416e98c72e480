# The app on a CPU: docker build -t ran-face-lab . && docker run -p 8501:8501 ran-face-lab
# docs/operating.md says how to run it for others: read-only, with limits, behind a proxy.
FROM python:3.11-slim

# An index of CPU-only torch wheels makes the image some gigabytes smaller; its wheels are others
# than those whose hashes requirements.lock holds.
ARG TORCH_INDEX=""

# The glyphs of Korean and Chinese figures (docs/languages.md).
RUN apt-get update -q && apt-get install -y -q --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt requirements.lock ./
RUN if [ -n "$TORCH_INDEX" ]; \
    then pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" -r requirements.txt; \
    else pip install --no-cache-dir --require-hashes -r requirements.lock; fi

COPY . .
RUN python -m compileall -q ran pages && useradd --create-home visitor
USER visitor
# Nothing is written but below /tmp, which may be in memory.
ENV RAN_DEVICE=cpu HOME=/tmp PYTHONDONTWRITEBYTECODE=1
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.headless=true", "--server.fileWatcherType=none"]
