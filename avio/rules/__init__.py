"""Who may do what. No Flask, no click: callers pass plain values and catch `avio.errors`."""
