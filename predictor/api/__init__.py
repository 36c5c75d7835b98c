"""The HTTP API for programs and the draw page, in Django REST framework, and its description.

What becomes of a submission is in predictor/submissions.py, erasure.py and models/.
"""
