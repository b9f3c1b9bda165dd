"""What keeper's sign of life says: whether its node is in service, and if not, why. Runs in keeper."""


def not_ready(epoch: int | None, deadline: float, drain_until: float | None, now: float) -> str:
    """Return why the node takes no jobs; empty if it does. `deadline` is that of its lease, as keeper knows it."""
    if drain_until is not None:
        return "the node drains"
    if epoch is None:
        return "the node is not registered: does the database answer, and has another supervisor the name?"
    if now > deadline:
        return f"the lease was not renewed in time, {now - deadline:.0f} s ago: does the database answer?"
    return ""
