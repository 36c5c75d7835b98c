"""Reviewing: which drawings reviewers see, and the queue and the grid on which they label them.

Storing labels is in predictor/labelling.py; lists and single pages are in admin/.
"""
