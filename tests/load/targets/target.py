"""
What is measured: a server, or a floor, that the harness starts, loads and stops. One file for each.
"""


class Target:
    name = ''      # for the table
    pids = []      # the processes whose CPU counts
    port = 0

    def start(self):
        """Starts everything but Redis; returns when it serves."""

    def version(self):
        return ''

    def plan(self, case):
        """This target's part of the load generator's plan: lists, variables, assertion, prologue, flow, sample. None: it does not have the case."""

    def jwks(self):
        """The key set that samples of its tokens are verified with."""

    def stop(self):
        pass
