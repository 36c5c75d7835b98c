"""Model versions: served, validated, compared, promoted and retrained.

Their tables are in predictor/models/registry.py; the networks themselves are in ml/.
"""
