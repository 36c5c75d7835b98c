"""The recognizer: from a drawing to a digit. Knows nothing of Django."""
