"""From a file's image to one over E − E_F and k∥."""
