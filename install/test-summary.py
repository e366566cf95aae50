#!/usr/bin/env python3
"""Adds up the test results (trx): names what failed or was skipped without leave, and ends with "N passed, N failed"."""
import glob
import os
import sys
import xml.etree.ElementTree as ElementTree

NAMESPACE = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def allowed_skips(path):
    """Lines of `name reason`; a skip without a reason is not allowed."""
    allowed = set()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split(None, 1)
            if len(words) == 2 and not line.startswith("#"):
                allowed.add(words[0])
    return allowed


def main():
    results, skips_file, checks_failed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    allowed = allowed_skips(skips_file)
    passed = failed = skipped = 0
    refused = checks_failed
    for status_file in sorted(glob.glob(os.path.join(results, "*.status"))):
        project = os.path.basename(status_file)[: -len(".status")]
        with open(status_file, encoding="utf-8") as text:
            status = int(text.read())
        trx = os.path.join(results, project + ".trx")
        before = failed
        rows = ElementTree.parse(trx).iter(NAMESPACE + "UnitTestResult") if os.path.exists(trx) else []
        for row in rows:
            name, outcome = row.get("testName"), row.get("outcome")
            if outcome == "Passed":
                passed += 1
            elif outcome == "NotExecuted":
                skipped += 1
                if name.split("(")[0] not in allowed:
                    refused += 1
                    print(f"skipped without leave: {name}")
            else:
                failed += 1
                print(f"failed: {name}")
        # A crash or a hang ends the run without a row for the test that caused it.
        if status != 0 and failed == before:
            failed += 1
            print(f"failed: {project} ended with status {status}")
            with open(os.path.join(results, project + ".log"), encoding="utf-8", errors="replace") as log:
                print("".join(log.readlines()[-15:]), end="")
    failed += refused
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    # No test at all is no proof.
    return 1 if failed or not passed else 0


sys.exit(main())
