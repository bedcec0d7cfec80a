"""Time against the number of atoms."""

import plotly.graph_objects as go

from components.theme import template_name


def cost_figure(rows: list[dict], scheme: str | None) -> go.Figure:
    """Seconds of the whole calculation and of LAPACK alone on doubly logarithmic axes.

    Args:
        rows: {"atoms", "seconds", "lapack_seconds"}, one a size.
        scheme: "light" or "dark".
    """
    figure = go.Figure(layout={"template": template_name(scheme), "hovermode": "x unified"})
    atoms = [row["atoms"] for row in rows]
    for key, name, dash in (("seconds", "Spectral functions", "solid"), ("lapack_seconds", "LAPACK alone", "dot")):
        figure.add_scatter(
            x=atoms,
            y=[row.get(key) for row in rows],
            name=name,
            mode="lines+markers",
            line={"dash": dash},
            hovertemplate="%{y:.3g} s",
        )
    figure.update_xaxes(title_text="Atoms", type="log", tickvals=atoms)
    figure.update_yaxes(title_text="Time (s)", type="log", dtick=1)
    return figure
