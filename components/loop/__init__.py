"""Parts of the Loop page."""
