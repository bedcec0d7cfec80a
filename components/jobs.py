"""Where background callbacks run: in processes of this machine, or in Celery workers."""

import os

import diskcache
from dash import CeleryManager, DiskcacheManager

from core.errors import InputError
from core.storage import cache_directory

JOB_CACHE_LIMIT_BYTES = 512 * 2**20


def job_manager() -> DiskcacheManager | CeleryManager:
    """Processes that this server starts; Celery workers (`celery -A app:celery_app worker`) where REDIS_URL is set.

    Workers share the server's cache folder.

    Raises:
        InputError: REDIS_URL is set, and Celery is not installed.
    """
    url = os.environ.get("REDIS_URL")
    if not url:
        jobs = diskcache.Cache(str(cache_directory() / "jobs"), size_limit=JOB_CACHE_LIMIT_BYTES)
        # SQLite's locks do not pass to a forked job: whoever closes the last connection beside it deletes the log that
        # the job writes to. The connection that this thread opens here stays open.
        jobs.get("")
        return DiskcacheManager(jobs)
    try:
        from celery import Celery
    except ImportError:
        raise InputError("REDIS_URL is set; jobs need Celery: pip install -r requirements-redis.txt") from None
    return CeleryManager(Celery("bandloom", broker=url, backend=url))
