"""What people look at in a calibrated image: its curves, fits of them, and derivatives."""
