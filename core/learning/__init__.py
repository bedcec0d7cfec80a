"""Learned models: which samples they see, the data set, training, prediction and its error."""
