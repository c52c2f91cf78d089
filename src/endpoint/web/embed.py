"""Writes the files of pages/ and assets/ beside this script as one C file: embed.py OUTPUT."""
import pathlib
import sys

folder = pathlib.Path(__file__).parent
files = sorted(path for part in ('pages', 'assets') for path in (folder / part).iterdir())
lines = ['#include "endpoint/web/embedded.h"', '']
for number, path in enumerate(files):
    data = ','.join(str(byte) for byte in path.read_bytes())
    lines.append(f'static const unsigned char file_{number}[] = {{{data}}};')
lines += ['', 'const struct embedded_file embedded_files[] = {']
for number, path in enumerate(files):
    lines.append(f'    {{"{path.parent.name}/{path.name}", {{(const char *)file_{number}, sizeof(file_{number})}}}},')
lines += ['};', f'const size_t embedded_file_count = {len(files)};', '']
pathlib.Path(sys.argv[1]).write_text('\n'.join(lines))
