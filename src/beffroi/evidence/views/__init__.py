"""Views of evidence: they translate between HTTP and services, nothing else."""
