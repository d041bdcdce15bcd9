"""The offline package that makes and measures the models: `python -m training`. Never imported by the service."""
