"""A user's inference.py, as AWS's scikit-learn container has it: its hooks in the pipeline's places.

Nothing here is imported where a model has no script.
"""
