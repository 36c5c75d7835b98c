"""What holds for whatever comes in: Hypothesis makes it up.

HYPOTHESIS_PROFILE=deep tries a hundred times as much of it, and not the same each time.
"""
