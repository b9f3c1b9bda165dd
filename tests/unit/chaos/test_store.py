"""The hostile store is honest in fine weather, and each of its weathers spoils what it says that it spoils."""

import random
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from chaos.store.exchange import Reply, Request
from chaos.store.honest import PAGE, answer
from chaos.store.model import AVIO, Model, md5
from chaos.store.server import serving
from chaos.store.sky import Sky
from chaos.store.weather import WEATHERS, Weather, WrongBytes

LIST = Request("GET", "", {"prefix": "t/", "list-type": "2"}, {}, b"")
GET = Request("GET", "t/000", {}, {}, b"")
PUT = Request("PUT", "t/new", {}, {}, b"saved")


@pytest.fixture
def model() -> Model:
    made = Model()
    for tree in "tu":
        for number in range(PAGE + 1):
            made.put(f"{tree}/{number:03}", b"%03d of %s" % (number, tree.encode()), "the user")
    return made


def test_an_honest_answer_is_what_the_model_has(model: Model) -> None:
    assert answer(model, GET).body == b"000 of t"
    assert answer(model, GET._replace(headers={"range": "bytes=4-5"})).body == b"of"
    assert answer(model, GET._replace(key="t/none")).status == 404
    assert answer(model, LIST).body.count(b"<Key>t/") == PAGE
    assert answer(model, PUT).status == 200
    assert (model.versions("t/new")[-1].content, model.versions("t/new")[-1].by) == (b"saved", AVIO)


@pytest.mark.parametrize(("headers", "status"), [({"if-none-match": "*"}, 412), ({"if-match": '"x"'}, 412), ({}, 200)])
def test_a_conditional_put_leaves_what_it_must(model: Model, headers: dict[str, str], status: int) -> None:
    assert answer(model, PUT._replace(key="t/000", headers=headers)).status == status
    current = model.current("t/000")
    assert current is not None
    assert (current.content == b"saved") == (status == 200)


def spoilt(weather: Weather, request: Request, model: Model) -> Iterator[str]:
    """Yield the ways in which a reply is not the honest one."""
    before = weather.before(request) if weather.concerns(request) else None
    if before is not None and request.saves and model.current(request.key) is None:
        yield "act"
    honest = answer(model, request)
    reply = before or (weather.after(request, honest) if weather.concerns(request) else honest)
    for name in Reply.__slots__:
        if getattr(reply, name) != getattr(honest, name):
            yield name


@pytest.mark.parametrize("kind", WEATHERS, ids=lambda kind: kind.__name__)
def test_each_weather_spoils_something(model: Model, kind: type[Weather]) -> None:
    weather = kind(model, random.Random(1))
    second = LIST._replace(query={**LIST.query, "continuation-token": "dC8wMzk="})
    assert {name for request in (GET, LIST, second, PUT) for name in spoilt(weather, request, model)}


def test_wrong_bytes_have_the_right_length_and_etag_and_the_model_knows_them(model: Model) -> None:
    honest, sent = answer(model, GET), WrongBytes(model, random.Random(1)).after(GET, answer(model, GET))

    assert (len(sent.body), sent.headers) == (len(honest.body), honest.headers)
    assert sent.body != honest.body
    assert model.truth(GET.key, md5(sent.body)) == md5(honest.body)
    assert model.truth(GET.key, md5(b"other")) == md5(b"other")


def test_the_weather_of_a_seed_is_always_the_same(model: Model) -> None:
    first, second = (Sky(model, random.Random(7)) for _ in range(2))
    names = [[sky._next().name for _ in range(40)] for sky in (first, second)]
    assert names[0] == names[1]
    assert set(names[0]) == {weather.name for weather in WEATHERS}


def test_a_condition_reaches_the_store_however_its_name_is_spelt(model: Model) -> None:
    with serving(Sky(model, random.Random(1))) as endpoint:
        for name in ("If-None-Match", "if-none-match"):
            asked = urllib.request.Request(f"{endpoint}/b/t/000", b"x", {name: "*"}, method="PUT")
            with pytest.raises(urllib.error.HTTPError, match="412"):
                urllib.request.urlopen(asked)
