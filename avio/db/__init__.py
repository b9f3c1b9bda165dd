"""The database: connection, models, and every query as one named function.

Used by web, intake, aggregator and admin; never by the job process or keeper.
"""
