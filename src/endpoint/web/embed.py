"""Writes the pages, their assets and the administration console's files as one C file: embed.py OUTPUT DEPFILE."""
import pathlib
import sys

folder = pathlib.Path(__file__).parent
trees = {'pages': folder / 'pages', 'assets': folder / 'assets', 'console': folder.parent / 'admin/console'}
named = [(f'{name}/{path.relative_to(tree).as_posix()}', path) for name, tree in trees.items() for path in sorted(tree.rglob('*')) if path.is_file()]
lines = ['#include "endpoint/web/embedded.h"', '']
for number, (_, path) in enumerate(named):
    data = ','.join(str(byte) for byte in path.read_bytes())
    lines.append(f'static const unsigned char file_{number}[] = {{{data}}};')
lines += ['', 'const struct embedded_file embedded_files[] = {']
for number, (name, _) in enumerate(named):
    lines.append(f'    {{"{name}", {{(const char *)file_{number}, sizeof(file_{number})}}}},')
lines += ['};', f'const size_t embedded_file_count = {len(named)};', '']
output = pathlib.Path(sys.argv[1])
output.write_text('\n'.join(lines))

# The folders stand for files that come and go: adding one changes its folder.
read = [path for _, path in named] + [path for tree in trees.values() for path in [tree, *tree.rglob('*')] if path.is_dir()]
escaped = ' '.join(str(path.resolve()).replace(' ', '\\ ') for path in read)
pathlib.Path(sys.argv[2]).write_text(f'{output}: {escaped}\n')
