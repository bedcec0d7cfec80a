"""Which process did something, and whether it still lives."""

import os
import socket

import psutil


def identity_of(pid: int | None = None) -> str:
    """Host, number and time of creation of a process, by default this one: numbers are used again, these are not.

    Raises:
        psutil.NoSuchProcess: it has ended.
    """
    return f"{socket.gethostname()}:{pid or os.getpid()}:{psutil.Process(pid).create_time():.2f}"


def pid_of(identity: str) -> int:
    """The number of a process on its host."""
    return int(identity.split(":")[1])


def is_of_this_host(identity: str) -> bool:
    """Whether the process is one that `is_gone` can see."""
    return identity.split(":")[0] == socket.gethostname()


def is_gone(identity: str) -> bool:
    """Whether no such process lives on this host; one that waits to be reaped has ended."""
    try:
        return identity_of(pid_of(identity)) != identity or (
            psutil.Process(pid_of(identity)).status() == psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return True
