"""Reviewed drawings as files: which ones, the manifest, and a writer for each format.

Reading them to train on is in ml/corrections.py.
"""
