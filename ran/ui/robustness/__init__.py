"""The Robustness page: where and how far a cover breaks the answer."""
