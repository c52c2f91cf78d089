"""Reads a text exposition on standard input with Prometheus' own parser, and writes its samples as JSON: [[name, {label: value}, number], …]."""
import json
import sys

from prometheus_client.parser import text_fd_to_metric_families

samples, families = [], {}
for family in text_fd_to_metric_families(sys.stdin):
    if family.name in families:
        sys.exit(f'{family.name} comes twice')
    families[family.name] = {'type': family.type, 'help': family.documentation}
    samples += [[sample.name, sample.labels, sample.value] for sample in family.samples]
json.dump({'families': families, 'samples': samples}, sys.stdout)
