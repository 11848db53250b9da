"""TensorBay."""
