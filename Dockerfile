# docker build -t bandloom . && docker run -p 8050:8050 -v bandloom-cache:/cache bandloom
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    BANDLOOM_CACHE=/cache \
    HOST=0.0.0.0 \
    PORT=8050

RUN useradd --create-home bandloom && install -d -o bandloom -g bandloom /cache
WORKDIR /app

# Dependencies first: they change less often than the source.
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY . .

USER bandloom
VOLUME /cache
EXPOSE 8050
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD ["sh", "-c", "exec gunicorn app:server --bind \"$HOST:$PORT\" --workers \"${WORKERS:-2}\" --threads 4 --timeout 120"]
