"""The sizes a provider has: the smallest that holds what the app asks for."""

from __future__ import annotations

import math

FARGATE = (
    (256, (512, 1_024, 2_048)),
    (512, tuple(range(1_024, 4_097, 1_024))),
    (1_024, tuple(range(2_048, 8_193, 1_024))),
    (2_048, tuple(range(4_096, 16_385, 1_024))),
    (4_096, tuple(range(8_192, 30_721, 1_024))),
)
"""CPU units (1024 = 1 vCPU) and the memory in MiB that goes with each."""
CLOUD_RUN = ((1, 4_096), (2, 8_192), (4, 16_384))
"""vCPU and the most memory in MiB; 4 need at least 2 GiB.

Below 1 vCPU an instance takes one request at a time."""
CLOUD_RUN_LEAST = 512
AZURE_STEP = 0.25
AZURE_MB = 2_048
"""Container Apps: memory is twice the CPU, in steps of a quarter."""
AZURE_MOST = 4.0


def fargate_size(cpu: float, memory_mb: int) -> tuple[int, int]:
    """CPU units and MiB."""
    for units, memories in FARGATE:
        fits = [one for one in memories if one >= memory_mb]
        if units >= cpu * 1_024 and fits:
            return units, fits[0]
    return FARGATE[-1][0], FARGATE[-1][1][-1]


def cloud_run_size(cpu: float, memory_mb: int) -> tuple[int, int]:
    """VCPU and MiB."""
    for many, most in CLOUD_RUN:
        if many >= cpu and memory_mb <= most:
            least = 2_048 if many == CLOUD_RUN[-1][0] else CLOUD_RUN_LEAST
            return many, max(memory_mb, least)
    return CLOUD_RUN[-1][0], memory_mb


def azure_size(cpu: float, memory_mb: int) -> tuple[float, float]:
    """VCPU and GiB."""
    steps = max(math.ceil(cpu / AZURE_STEP - 1e-9), math.ceil(memory_mb / (AZURE_MB * AZURE_STEP) - 1e-9))
    many = min(steps * AZURE_STEP, AZURE_MOST)
    return many, many * 2


def given_size(provider: str, cpu: float, memory_mb: int) -> tuple[float, float]:
    """What this provider gives for what is asked: vCPU and GiB."""
    if provider == "aws":
        units, memory = fargate_size(cpu, memory_mb)
        return units / 1_024, memory / 1_024
    if provider == "gcp":
        many, memory = cloud_run_size(cpu, memory_mb)
        return float(many), memory / 1_024
    return azure_size(cpu, memory_mb) if provider == "azure" else (1.0, 2.0)
