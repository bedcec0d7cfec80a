"""The architect: from the layers around an atom to its spectral function; features, model, domain, training."""
