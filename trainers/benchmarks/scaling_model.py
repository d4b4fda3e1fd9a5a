"""A model on paper of how an update's time falls with the number of devices.

One update of a global batch of B examples on N devices takes

    t(N) = max(C / N + o + A(N), I / N)
    C = 3 F B / (u P)                           forward and backward passes
    A(N) = 2 (N - 1) / N  S / W + 2 (N - 1) l   ring all-reduce (Patarasuk & Yuan 2009)
    I = B E / H                                 reading the examples, ahead of use

with F operations of one example's forward pass (backward takes twice as many), S bytes of
gradients, E bytes of an example. The loop sums gradients after the backward pass, so that A is
not hidden behind it; input is read meanwhile, and only counts where it is slower. Batch size is
global: this is strong scaling.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """What the devices and what is between them can do.

    Args:
        flops_per_second: P, a device's peak.
        utilization: u, the share of the peak that the model reaches, in (0, 1].
        bytes_per_second: W, of the slowest link of the ring, one direction.
        latency_seconds: l, of one message.
        overhead_seconds: o, of one update beside arithmetic.
        input_bytes_per_second: H, what one device's host reads and decodes.
    """

    flops_per_second: float
    utilization: float
    bytes_per_second: float
    latency_seconds: float
    overhead_seconds: float
    input_bytes_per_second: float


@dataclass(frozen=True)
class Work:
    """One update.

    Args:
        flops_per_example: F, of the forward pass.
        batch_size: B, over all devices.
        gradient_bytes: S.
        example_bytes: E.
    """

    flops_per_example: float
    batch_size: int
    gradient_bytes: float
    example_bytes: float


def update_seconds(work: Work, machine: Machine, devices: int) -> float:
    """Return t(N) for N = `devices`, at least 1."""
    compute = 3 * work.flops_per_example * work.batch_size
    compute /= machine.utilization * machine.flops_per_second
    ring = 2 * (devices - 1) / devices * work.gradient_bytes / machine.bytes_per_second
    ring += 2 * (devices - 1) * machine.latency_seconds
    reading = work.batch_size * work.example_bytes / machine.input_bytes_per_second
    return max(compute / devices + machine.overhead_seconds + ring, reading / devices)


def efficiency(work: Work, machine: Machine, devices: int) -> float:
    """Return t(1) / (N t(N)): 1 where N devices are N times as fast as one."""
    alone = update_seconds(work, machine, 1)
    return alone / (devices * update_seconds(work, machine, devices))
