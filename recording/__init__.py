"""A real session of `avio`, recorded and drawn as an animated SVG for README.md. Not part of the product.

`session` runs the commands on a server of its own, `cast` keeps what the terminal got, `frames` and `svg` draw it.
"""
