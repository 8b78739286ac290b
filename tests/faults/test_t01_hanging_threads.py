"""T01: tools that hang in threads do not hold up the end of the process."""

import subprocess
import sys
import time

SCRIPT = """
import asyncio, time
from clovax_agents.execution.places.loops import ThreadDoor

async def main():
    door = ThreadDoor()
    jobs = [door.start(lambda: time.sleep(600)) for _ in range(5)]
    ends = await asyncio.gather(*(job.wait(0.1) for job in jobs[:3]), return_exceptions=True)
    print(([type(end).__name__ for end in ends], [job.left for job in jobs]))

asyncio.run(main())
print(time.time(), flush=True)
"""


def test_t01_a_process_with_hung_tools_ends_at_once() -> None:
    """Five jobs hang, three of them abandoned: the process is gone within 1.5 s of its last line."""
    process = subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = process.communicate(timeout=60)
    took = time.time() - float(out.splitlines()[1])
    assert out.splitlines()[0] == str((["ToolTimeoutError"] * 3, ["running"] * 3 + [None] * 2))
    assert (process.returncode, err) == (0, "")
    assert took < 10  # the jobs would hang for much longer
