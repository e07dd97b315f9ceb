"""How good the clusters are: labelled streams, metrics, reports."""
