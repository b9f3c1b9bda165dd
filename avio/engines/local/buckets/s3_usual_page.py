"""Reads the objects of a page of a listing in the form that S3 writes, by one search: an XML parser takes longer.

Pure. Used in web and the job process. It says nothing of a page in any other form; `s3_list_xml` reads that.
"""

import re
from operator import itemgetter

# Text of XML without markup, entities and characters that XML forbids: it stands for itself.
_TEXT = r"[^<&\x00-\x1f\x7f\ufffe\uffff]"

_OBJECT = re.compile(
    rf"(<Contents><Key>({_TEXT}+)</Key><LastModified>([0-9T:.+Z-]+)</LastModified><ETag>({_TEXT}+)</ETag>"
    rf"(?:<ChecksumAlgorithm>[A-Z0-9]*</ChecksumAlgorithm>)*(?:<ChecksumType>[A-Z_]*</ChecksumType>)?"
    rf"<Size>([0-9]{{1,19}})</Size>(?:<StorageClass>[A-Z_]*</StorageClass>)?"
    rf"(?:<Owner><ID>{_TEXT}*</ID>(?:<DisplayName>{_TEXT}*</DisplayName>)?</Owner>)?"
    rf"(?:<StorageClass>[A-Z_]*</StorageClass>)?</Contents>)"
)
_BEGIN, _END = "<Contents>", "</Contents>"

# Stands in what is left of a page for all of its objects.
PLACE = "<Contents></Contents>"

Fields = list[tuple[str, str, str, str, str]]


def split_page(body: bytes) -> tuple[Fields, str] | None:
    """Return the fields of all objects (their text, key, time, ETag, size), and the rest of the page with `PLACE`.

    None if the page is in another form. Every character between the first and the last object is part of an object.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    begin, end = text.find(_BEGIN), text.rfind(_END) + len(_END)
    if begin < 0 or end <= begin or "]]>" in text or "<!" in text[:begin]:  # a comment may hide what follows it
        return None
    objects = text[begin:end].replace("&quot;", '"')
    fields: Fields = _OBJECT.findall(objects)
    if sum(map(len, map(itemgetter(0), fields))) != len(objects):
        return None
    return fields, text[:begin] + PLACE + text[end:]
