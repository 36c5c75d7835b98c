"""How freed memory goes back to the system."""

import ctypes

# As malloc.h of the GNU C library has them.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
KEPT = 8 * 2**20  # bytes that small blocks may leave free
LARGE = 2**20


def give_back_large_blocks() -> None:
    """Make a large image's memory go back once it has been read.

    The C library learns from the first large block that is freed to keep the next ones, for each
    thread apart: a process would hold some hundred megabytes for ever. Others do as they like.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another library, another system
        return
    mallopt(ARENA_MAX, 2)
    mallopt(MMAP_THRESHOLD, LARGE)
    mallopt(TRIM_THRESHOLD, KEPT)
