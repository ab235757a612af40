"""What is computed from telemetry: metrics of a call, prices, what is taken out of texts."""
