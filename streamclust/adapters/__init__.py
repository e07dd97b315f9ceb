"""The ports on real technology: models, indexes, stores, files. Only here are their libraries imported."""
