"""
What is not a rate of requests: one file for each kind of measurement, one entry of this table for each that can be asked for by name.

An entry measures with `measure(bench, size)`, which returns what is worth keeping and its goals with their values. `quick` ones are part of --quick.
"""
import dataclasses
import typing

from extras import connections, memory, passwords, scale, sessions, sign_ups, slow_register, start, workers


@dataclasses.dataclass(frozen=True)
class Extra:
    name: str
    measure: typing.Callable
    goals: list        # without values
    quick: bool = False


EXTRAS = [
    Extra('idle_memory', memory.measure, [memory.GOAL], quick=True),
    Extra('start', start.measure, [start.GOAL], quick=True),
    Extra('idle_connections', connections.measure, [connections.MEMORY_GOAL, connections.SPEED_GOAL]),
    Extra('sessions', sessions.measure, [sessions.MEMORY_GOAL, sessions.CPU_GOAL]),
    Extra('slow_register', slow_register.measure, [slow_register.GOAL]),
    Extra('sign_ups', sign_ups.measure, [sign_ups.RATE_GOAL, sign_ups.LATENCY_GOAL]),
    Extra('passwords', passwords.measure, [passwords.RATE_GOAL, passwords.LATENCY_GOAL]),
    Extra('scale', scale.measure, [scale.SIGN_IN_GOAL, scale.LISTING_GOAL]),
    Extra('workers', workers.measure, [workers.COST_GOAL]),
]
