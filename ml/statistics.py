"""Whether a difference between two networks is more than chance; in plain Python."""

import math

Z = 1.959964  # of a 95 % interval
EXACT = 1_000  # so many differing answers are counted through; for more the normal curve is as good


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): (0, 1) where nothing was counted."""
    if not total:
        return 0.0, 1.0
    share, z2 = right / total, Z * Z
    middle = share + z2 / (2 * total)
    spread = Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    scale = 1 + z2 / total
    # The ends are exact where all or none are right; rounding would put them beyond.
    low = 0.0 if right == 0 else (middle - spread) / scale
    high = 1.0 if right == total else (middle + spread) / scale
    return low, high


def mcnemar(fixed: int, broken: int) -> float:
    """How likely so uneven a split of the differing answers is between two equally good networks.

    fixed, broken: how many only the one, and only the other, reads right. Two-sided, exact up to
    EXACT (McNemar 1947, https://doi.org/10.1007/BF02295996).
    """
    total, fewer = fixed + broken, min(fixed, broken)
    if total <= EXACT:
        ways = sum(math.comb(total, k) for k in range(fewer + 1))
        return min(1.0, 2 * ways / 2**total)
    # With the continuity correction.
    z = (total - 2 * fewer - 1) / math.sqrt(total)
    return math.erfc(max(z, 0.0) / math.sqrt(2))
