"""What Prometheus reads at GET /metrics."""
