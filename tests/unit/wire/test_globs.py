"""Globs: what matches, by a slow reference and by both matchers; and what is said of invalid ones."""

import re
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from avio.executor.filters import PathRules
from avio.wire.filters import MAX_CHARACTERS as MAX_RULES_CHARACTERS
from avio.wire.filters import parse_rules
from avio.wire.globs import MAX_CHARACTERS, GlobError, parse

PLAIN = ["a", "b", "/", "é", "\n", " ", r"\*"]
PIECES = [*PLAIN, "?", "*", "**", "/**/", "[ab]", "[!a]", "[^b-z]", "{a,b}", "{b/a,[!b],{a,é}}", "a{,b}"]
GLOBS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
NAMES = st.text("ab*é\n ", min_size=1, max_size=3)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


def expanded(glob: str) -> list[str]:
    """Return the globs without braces that a glob stands for."""
    innermost = re.search(r"\{([^{}]*)\}", glob)
    if innermost is None:
        return [glob]
    before, after = glob[: innermost.start()], glob[innermost.end() :]
    return [each for choice in innermost[1].split(",") for each in expanded(before + choice + after)]


def is_match(glob: str, path: str) -> bool:
    """Return True if a glob matches: by the definition, with every way tried."""
    globs = expanded(glob + "**" * glob.endswith("/"))
    suffixes = [path] + [path[at + 1 :] for at, character in enumerate(path) if character == "/"]
    return any(
        _tried(each.removeprefix("/"), suffix, begins=True)
        for each in globs
        for suffix in (suffixes[:1] if glob.startswith("/") else suffixes)
    )


def _tried(glob: str, path: str, *, begins: bool) -> bool:
    """Try a glob without braces on all of `path`. `begins`: a name begins here."""
    if not glob:
        return not path
    if begins and (directories := re.match(r"\*{2,}/", glob)):
        below = (path[at + 1 :] for at, character in enumerate(path) if character == "/")
        return any(_tried(glob[directories.end() :], rest, begins=True) for rest in (path, *below))
    if stars := re.match(r"\*+", glob):
        longest = len(path) if len(stars[0]) > 1 else len(path.partition("/")[0])
        return any(_tried(glob[len(stars[0]) :], path[taken:], begins=False) for taken in range(longest + 1))
    token = re.match(r"\[[^\]]*\]|\\.|.", glob, re.DOTALL)
    assert token is not None
    return bool(path) and _fits(token[0], path[0]) and _tried(glob[len(token[0]) :], path[1:], begins=path[0] == "/")


def _fits(token: str, character: str) -> bool:
    if token[0] == "?":
        return character != "/"
    if token[0] == "[":
        return character != "/" and re.fullmatch(token.replace("!", "^"), character) is not None
    return character == token.removeprefix("\\")


@settings(max_examples=300, deadline=None)
@given(GLOBS, PATHS)
@example("**", "a/b")
@example("/**/a", "a")
@example("a/", "b/a/b")
@example("a**/b", "a/b")
@example("***/", "a")
def test_both_matchers_find_what_the_definition_says(glob: str, path: str) -> None:
    assume("}**/" not in glob)  # braces end a name or begin one: the glob can't tell
    try:
        parsed = parse(glob)
    except GlobError:
        assume(False)
        raise

    wanted = is_match(glob, path)

    assert parsed.matches(path) is wanted
    assert PathRules(parse_rules([f"- {glob}"])).take(path) is not wanted


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("+-"), GLOBS), max_size=5), PATHS)
def test_the_first_rule_that_matches_decides(pairs: list[tuple[str, str]], path: str) -> None:
    assume(all("//" not in glob and glob.strip("/") and "}**/" not in glob for _, glob in pairs))
    texts = [*(f"{sign} {glob}" for sign, glob in pairs), "- zzz"]

    decisive = next((sign for sign, glob in pairs if is_match(glob, path)), "+")

    assert PathRules(parse_rules(texts)).take(path) is (decisive == "+")


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.jpg", "deep/down/a.jpg", True),
        ("/*.jpg", "deep/a.jpg", False),
        ("/*.jpg", "a.jpg", True),
        ("*.JPG", "a.jpg", False),
        ("logs", "logs/a", False),
        ("logs/", "x/logs/a/b", True),
        ("/train/**/0.tar", "train/0.tar", True),
        ("/train/**/0.tar", "train/a/b/0.tar", True),
        ("/train/**/0.tar", "train/a/10.tar", False),
        ("x/y", "wx/y", False),
        ("[]a]", "]", True),
        ("[!]a]", "b", True),
        ("[a\\-z]", "-", True),
        ("[a-]", "-", True),
        ("[+-0]", "/", False),
        ("[中-文]?", "丰\udcff", True),
        ("*.\udcff", "a/b.\udcff", True),
    ],
)
def test_what_the_documents_say(glob: str, path: str, matches: bool) -> None:
    assert parse(glob).matches(path) is matches
    assert PathRules(parse_rules([f"- {glob}"])).take(path) is not matches if "\udcff" not in glob else True


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        ("", "names nothing; write ** for all files"),
        ("/", "names nothing"),
        ("a//b", "has a NUL or an empty name"),
        ("a\0", "has a NUL"),
        ("x" * (MAX_CHARACTERS + 1), f"is longer than {MAX_CHARACTERS} characters"),
        ("*.{jpg,png", "has a { without } at character 3; close it, or write"),
        ("/{a,{b}", "has a { without } at character 2"),
        ("a}", "has a } without { at character 2"),
        ("a[b", "has a [ without ] at character 2"),
        ("a[]", "has a [ without ] at character 2"),
        ("/[z-a]", "has a range that ends before it begins at character 3"),
        ("a\\", "ends with a backslash, which escapes nothing at character 2"),
        ("[\\", "ends with a backslash"),
        ("{" * 11 + "a" + "}" * 11, "has braces more than 10 deep"),
    ],
)
def test_an_invalid_glob_is_refused_with_the_place_and_the_cure(glob: str, message: str) -> None:
    with pytest.raises(GlobError) as refused:
        parse(glob)

    assert str(refused.value).startswith(message)


LONG = ["*a" * 500 + "b", "**a" * 300 + "b", "{a,aa,*}" * 120 + "b", "?" * 1022, "[!中]" * 204]


@pytest.mark.parametrize("glob", LONG)
def test_no_glob_takes_long(glob: str) -> None:
    path = "a" * 4096
    rules = PathRules(parse_rules([f"- {glob}"] * (MAX_RULES_CHARACTERS // (len(glob) + 2))))

    before = time.process_time()
    found = rules.take(path), parse(glob).matches(path)

    assert found == (True, False)
    assert time.process_time() - before < 60  # of a machine under load; backtracking takes years


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (["*.jpg"], "'*.jpg' is no rule; write '+ GLOB' to take files or '- GLOB' to leave them"),
        (["+*.jpg"], "'+*.jpg' is no rule"),
        (["- ok", "- [a"], "'[a' has a [ without ] at character 1"),
        (["+ *.jpg"], "'+ *.jpg' comes last and has no effect"),
        (["- *.tmp", "+ *.jpg"], "'+ *.jpg' comes last and has no effect"),
        (["- " + "a" * 1000] * 9, "has rules of more than 8192 characters together"),
    ],
)
def test_invalid_rules_are_refused(rules: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_rules(rules)
