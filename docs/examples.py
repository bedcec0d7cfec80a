"""The example images of Interpret, simulated from stacks that no model was trained on: `python -m docs.examples`."""

from core.experiment.photoemission.experiment import simulated_experiment
from core.sessions.readings import EXAMPLES

MEASUREMENT = {
    "intensity": 0.5, "orbital": 0.5, "asymmetry": 0.3, "energy_resolution": 0.08, "momentum_resolution": 0.02,
    "lifetime": 0.1, "dos_background": 1.5, "shirley": 0.5, "counts": 300.0, "response": 0.08, "stripes": 0.02,
    "kz_width": 0.03,
}  # fmt: skip
"""What all have in common."""

SAMPLES = {
    "sharp": ("Si5Ge7", "Si0.5Ge0.5", 0.0, {"kz": 0.0, "final_momentum": 6.0, "fermi_above_vbm": 0.35}),
    "graded": ("Si7Ge9", "Si0.3Ge0.7", 2.0, {"kz": 0.25, "final_momentum": 8.0, "fermi_above_vbm": 0.6}),
    "alloy": ("(Si0.71Ge0.29)4", "Si", 0.0, {"kz": 0.8, "final_momentum": 10.0, "fermi_above_vbm": 0.9}),
}
"""Stack, substrate, mixing in ML, and what is its measurement's own."""


def main() -> None:
    """Write one NetCDF file for each example."""
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for number, (name, (stack, ground, mixing, own)) in enumerate(SAMPLES.items()):
        content = simulated_experiment(stack, ground, mixing, "G-X", MEASUREMENT | own, 100 + number)
        (EXAMPLES / f"{name}.nc").write_bytes(content)


if __name__ == "__main__":
    main()
