"""Benchmarks, and predictions held against them. `tensorbay.aio.sextant` is the same with `await`."""

from tensorbay.client.sextant import Benchmark, Evaluation, Sextant

__all__ = ["Benchmark", "Evaluation", "Sextant"]
