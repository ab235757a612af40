"""What was promised of AI systems, and is it kept? The verbs of `cleanroom slo`, and the watch that the reconciler runs."""
