"""Readers that end as readers of hostile files do."""

import os
import signal
from threading import Event

import numpy as np


def tell(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    print("noise of a library")
    arrays = [np.frombuffer(content, np.uint8), np.arange(12.0).reshape(3, 4).T, np.zeros((0, 5), ">i2")]
    return {"name": name}, arrays


def hang(content: bytes, name: str):
    Event().wait()


def work(content: bytes, name: str):
    while True:
        pass


def crash(content: bytes, name: str):
    os.kill(os.getpid(), signal.SIGSEGV)


def fail(content: bytes, name: str):
    raise AttributeError("no such thing")


def swallow(content: bytes, name: str):
    bytearray(2**31)


def pour(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    return {}, [np.broadcast_to(np.float64(0), (2**20, 2**10))]


def open_files(content: bytes, name: str) -> tuple[dict, list[np.ndarray]]:
    """How many files are open here."""
    return {"open": len(os.listdir("/dev/fd"))}, []
