"""The parts of the alert worker."""
