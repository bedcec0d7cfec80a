"""The forward model of imperfect samples: what flaws add to the forward model's virtual crystals."""
