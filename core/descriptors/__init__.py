"""What an atom's surroundings look like: its Voronoi cell, ordering along walks, and the layers around it."""
