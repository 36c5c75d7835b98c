import os

# One process a core; its threads keep slow connections from holding the others up.
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
threads = 4
