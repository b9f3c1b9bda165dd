"""The folders of one level of an S3-like bucket, as rows among its files. Pure. Used in web and the job process."""

from avio.engines.local.buckets.key_order import place
from avio.engines.local.buckets.level_scan import folder_row
from avio.engines.local.buckets.s3_list_xml import ListPage


def with_folders(page: ListPage, prefix: str, separator: str) -> ListPage:
    """Return a page of one level with its folders among its rows. Some stores list what is in them, too."""
    rows = {}
    for row in (*page.rows, *map(folder_row, page.prefixes)):
        name, slash, _ = row[0][len(prefix) :].partition("/")
        key = prefix + name + "/"
        rows[key if name and slash else row[0]] = folder_row(key) if name and slash else row
    return page._replace(rows=[rows[key] for key in sorted(rows, key=lambda key: place(key, separator))])
