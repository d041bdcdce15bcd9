"""The service. Importing it loads no TensorFlow: models are loaded in the background once it runs."""
