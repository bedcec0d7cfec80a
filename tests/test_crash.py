"""Server and job killed during a job: the server starts again on its port, and no finished result is lost."""

from docs.crash import trial


def test_killed_server_starts_again_and_keeps_its_results():
    found = trial(turns=3, seed=2)
    assert {name: found[name] for name in ("lost", "still_open", "unsaid")} == {"lost": 0, "still_open": 0, "unsaid": 0}
    assert all(found["kills"].values()), "job, server and both are killed once each"
    assert len(found["restart_seconds"]) == 3
