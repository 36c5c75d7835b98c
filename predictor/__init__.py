"""The Django app: submissions, labels, model versions, the pages and the API around them.

A package per subject; imports go one way, as docs/architecture.md shows.
"""
