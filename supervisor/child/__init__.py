"""The job process between its fork and `avio.executor`. Knows no database, no queue, and neither keeper nor intake."""
