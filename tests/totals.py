"""Adds up the JUnit reports of all suites: totals.py FILE…, ending with the plain line that is read by people and machines."""
import pathlib
import sys
import xml.etree.ElementTree as xml

passed = failed = skipped = 0
for name in sys.argv[1:]:
    path = pathlib.Path(name)
    if not path.exists():
        print(f'{name} is missing: its suite did not run to its end')
        failed += 1
        continue
    for case in xml.parse(path).getroot().iter('testcase'):
        children = {child.tag for child in case}
        if children & {'failure', 'error'}:
            failed += 1
            print(f'failed: {case.get("classname") or ""} {case.get("name")}')
        elif 'skipped' in children:
            skipped += 1
        else:
            passed += 1
print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
sys.exit(1 if failed else 0)
