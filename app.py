"""The entry point for gunicorn: `gunicorn --config python:avio.api.gunicorn_config app:app`."""

from avio.api import create_app

app = create_app()
