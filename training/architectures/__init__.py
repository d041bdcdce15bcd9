"""Network builders. A builder returns an unbuilt-for-training, uncompiled Keras model."""
