"""The closed loop: image → reverse → forward → compare → correct, until it agrees or says why it cannot."""
