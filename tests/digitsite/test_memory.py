import platform
import subprocess
import sys

import pytest

HOLD_THE_LAST_OF_MANY = """
import sys
from digitsite.memory import give_back_large_blocks
give_back_large_blocks()

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

bytearray(30 * 2**20)  # from whose end on the C library keeps blocks of this size
before = resident()
blocks = [bytearray(b"x" * (3 * 2**19)) for _ in range(40)]
last = blocks.pop()
del blocks
sys.exit(resident() - before > 20 * 2**20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_large_blocks_go_back_though_one_is_still_held():
    assert subprocess.run([sys.executable, "-c", HOLD_THE_LAST_OF_MANY]).returncode == 0
