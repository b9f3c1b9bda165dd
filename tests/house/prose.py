"""Phrases that an engineer has to parse, and what to write instead. Used by test_words.py."""

import re

# What is refused, over text in which all white space is one space; and what to write instead.
REFUSED = {
    r"\b(?:does not|doesn't|do not|don't|did not) hold\b(?! (?:a|an|any|the|it|more|up)\b)": "is invalid",
    r"\b(?:is|are|was|were|be|been|being|goes|went) away\b": "is unavailable",
    r"\b(?:stores?|servers?|parts?|databases?|buckets?|Redis|clusters?|masters?|streams?) away\b": "unavailable",
    r"\b[Ww]ish(?:es|ed)? the end\b": "request cancellation",
    r"\bno such page\b|\bpage has no\b": "no such endpoint; method not allowed",
    r"\bnot to be (?:had|believed|found|sent|told)\b|\b(?:is|are) to be had\b": "unavailable; don't trust",
    r"\b(?:[Ww]hat|who|that) (?:is|are) (?:none|no (?!longer|more)\w+)\b": "undecodable, invalid, not a ...",
    r"\b(?:is|are|be|was) let be\b|\blets? (?:it|them) be\b": "is ignored; any will do",
    r"\bunspeakable\b": "not valid UTF-8",
    r"\bis no (?:error|success|number|address|action|option|answer|hint|URL|JSON|path|database)\b": "is not a ...",
    r"\bmouth of\b": "what the class does",
    r"\b(?:one|a|this|its) roof\b": "in one process tree",
    r"\bbrood\b|\b[Cc]rew\b|\blabour\b": "processes, workers",
    r"\bopen doors?\b|\b[Dd]oor for\b|\b[Kk]nock(?:s|ed)?\b": "public; entry point; connect",
    r"\bthe house\b": "the project, the code",
    r"\bways round\b|\b[Tt]he way round\b": "fallback",
    r"\bof (?:which|what) that\b|\bof that which\b": "one idea a sentence",
    r"\bthere is to say\b|\bgives? to say\b": "diagnose, findings about",
    r"\b[Ww]hat (?:became|becomes|came|comes) of\b": "the outcome of",
    r"\bwhoever should\b|\bwhatever ails\b": "name the one who acts",
    r"\bTells? whether\b": "Return True if",
    r"\bharms nothing\b|\bnot un(?:like|usual|known)\b": "say it positively",
}
PATTERNS = {re.compile(pattern): instead for pattern, instead in REFUSED.items()}


def refusals(text: str) -> list[str]:
    """Return each refused phrase in `text`, with what to write instead."""
    line = re.sub(r"\s+(?:(?:#|--)\s+)?", " ", text)  # a comment's sign at the start of a line parts no phrase
    return [
        f"{found.group()!r}: write {instead}"
        for pattern, instead in PATTERNS.items()
        for found in pattern.finditer(line)
    ]
