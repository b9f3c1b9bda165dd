"""The door for gunicorn: `gunicorn --config python:avio.api.serving app:app`."""

from avio.api import create_app

app = create_app()
