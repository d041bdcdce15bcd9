"""What a model is: the contract that the service and the training package both depend on.

Importing this package, `card`, `pixels` or `tiles` loads no backend; `layers` and `store` load Keras.
"""
