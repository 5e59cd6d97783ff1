"""Writes CBOR items as the specification shows them: lengths in their shortest form, definite unless stated."""


def head(kind, argument):
    for info, size in ((None, 0), (24, 1), (25, 2), (26, 4), (27, 8)):
        if info is None and argument < 24:
            return bytes([kind << 5 | argument])
        if size and argument < 1 << 8 * size:
            return bytes([kind << 5 | info]) + argument.to_bytes(size, "big")
    raise ValueError(argument)


def uint(value):
    return head(0, value)


def data(content):
    return head(2, len(content)) + content


def text(content):
    return head(3, len(content.encode())) + content.encode()


def array(*items):
    return head(4, len(items)) + b"".join(items)


def stream(*items):
    """An array of indefinite length."""
    return b"\x9f" + b"".join(items) + b"\xff"


def table(*pairs):
    """A map of definite length, from pairs of items."""
    return head(5, len(pairs)) + b"".join(key + value for key, value in pairs)


def open_table(*pairs):
    """A map of indefinite length."""
    return b"\xbf" + b"".join(key + value for key, value in pairs) + b"\xff"


def wrapped(content):
    """Tag 24 around a byte string."""
    return head(6, 24) + data(content)


def boolean(value):
    return b"\xf5" if value else b"\xf4"
