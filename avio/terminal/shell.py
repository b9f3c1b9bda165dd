"""Words of a suggested command, as a shell takes them."""

import shlex


def shell_word(text: object) -> str:
    r"""Return a value as one word of a shell, quoted where it must be.

    What does not print, such as a line break or a byte that is not UTF-8, is `\xNN` in `$'...'`, as Bash and Zsh
    read it.
    """
    word = str(text)
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
