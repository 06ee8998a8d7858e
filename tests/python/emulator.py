"""Starts the emulator with TLS and lets a script drive it."""

import json
import os
import subprocess
import sys
import tempfile


def run(drive):
    """Calls `drive` with the emulator's ready record, and asserts that the emulator ends well afterwards."""
    with tempfile.TemporaryDirectory(prefix="rulepost-python-") as folder:
        command = [sys.argv[1], "emulator", "--tls", "--data-dir", os.path.join(folder, "data")]
        emulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            ready = json.loads(emulator.stdout.readline())
            os.environ["REQUESTS_CA_BUNDLE"] = ready["env"]["REQUESTS_CA_BUNDLE"]
            os.environ.pop("HTTPS_PROXY", None)
            os.environ["NO_PROXY"] = "127.0.0.1"
            drive(ready)
        finally:
            emulator.terminate()
            code = emulator.wait()
        assert code == 0, f"the emulator ended with {code}"
    print("done")
