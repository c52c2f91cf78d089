"""
The resident memory of a server that has just started and served nobody.
"""
import time

from goals import AT_MOST, Goal
from harness import say
from machine import memory_of
from targets.tongxing import Tongxing

GOAL = Goal('RSS idle after start', AT_MOST, 16, None, 'MB')
SETTLE_S = 1


def measure(bench, size):
    server = Tongxing(bench)
    server.start()
    time.sleep(SETTLE_S)
    memory = memory_of(server.process.pid)
    server.stop()
    say('  VmRSS %(VmRSS)d KiB: anonymous %(RssAnon)d, files %(RssFile)d, shared %(RssShmem)d; highest %(VmHWM)d' % memory)
    return {'kib': memory}, [GOAL.measured(memory['VmRSS'] * 1024 / 1e6)]
