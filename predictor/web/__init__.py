"""The visitors' pages: thin views, forms and addresses.

What becomes of a submission is in predictor/submissions.py, erasure.py and models/.
"""
