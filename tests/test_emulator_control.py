"""The stand-in's control API: playing phones, ordering faults, and keeping other sites out."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pyotp
import pytest

from bot.emulator import Emulator, PortTakenError
from bot.emulator.client import NothingCameError, RefusedError, Remote, RemotePhone
from bot.emulator.process import EmulatorProcess

TOKEN = "5550001:practice-token"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(clock=lambda: NOON, random=Random(7)) as running:
        running.world.add_bot(TOKEN)
        yield running


@pytest.fixture
async def http(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=emulator.base_url, trust_env=False) as client:
        yield client


@pytest.fixture
async def sim(emulator: Emulator) -> AsyncIterator[Remote]:
    async with Remote(emulator.base_url) as remote:
        yield remote


@pytest.fixture
async def tess(sim: Remote) -> RemotePhone:
    phone = await sim.phone(first_name="Tess", language_code="ru")
    await phone.start()
    return phone


async def updates(http: httpx.AsyncClient, offset: int = 0) -> list[dict[str, Any]]:
    answer = await http.get(f"/bot{TOKEN}/getUpdates", params={"offset": offset})
    found: list[dict[str, Any]] = answer.json()["result"]
    return found


async def say(http: httpx.AsyncClient, tess: RemotePhone, text: str) -> httpx.Response:
    return await http.post(f"/bot{TOKEN}/sendMessage", json={"chat_id": tess.phone_id, "text": text})


async def test_each_act_of_a_phone_becomes_the_update_a_bot_would_get(
    http: httpx.AsyncClient, tess: RemotePhone
) -> None:
    (number,) = await tess.text("first")
    await tess.act("edit", message_id=number, text="second")
    await tess.send("photo", base64.b64decode(TINY_PNG), "a.png", "caption")
    await tess.act("voice")
    await tess.act("contact", phone_number="+70001112233", first_name="A")
    await tess.act("location", latitude=1.5, longitude=2.5)
    await tess.act("forward", text="theirs", author={"id": 9, "first_name": "Other"})
    await tess.act("raw", content={"dice": {"emoji": "🎲", "value": 3}})
    await tess.act("album", items=[{"kind": "photo"}, {"kind": "document", "size": 10}])
    await tess.act("block")
    await tess.act("unblock")
    got = (await updates(http))[1:]
    assert got[0]["message"]["text"] == "first"
    assert got[1]["edited_message"]["text"] == "second"
    assert got[2]["message"]["caption"] == "caption"
    fields = ("voice", "contact", "location", "forward_origin", "dice", "photo", "document")
    assert [
        field for field, update in zip(fields, got[3:10], strict=True) if field in update["message"]
    ] == list(fields)
    assert got[8]["message"]["media_group_id"] == got[9]["message"]["media_group_id"]
    assert [u["my_chat_member"]["new_chat_member"]["status"] for u in got[10:]] == ["kicked", "member"]


async def test_a_long_text_goes_out_as_several_messages(http: httpx.AsyncClient, tess: RemotePhone) -> None:
    text = "я🌹" * 2500
    assert len(await tess.text(text)) == 2
    assert "".join(u["message"]["text"] for u in (await updates(http))[1:]) == text


async def test_a_deletion_on_the_phone_is_seen_there_and_told_to_nobody(
    http: httpx.AsyncClient, tess: RemotePhone
) -> None:
    numbers = await tess.text("take this back")
    await tess.act("delete", message_ids=numbers)
    assert [line.is_deleted for line in await tess.lines()] == [False, True]
    assert len(await updates(http)) == 2
    await tess.act("clear")
    assert await tess.standing() == []


async def test_a_test_can_wait_for_what_the_bot_says(http: httpx.AsyncClient, tess: RemotePhone) -> None:
    waiting = asyncio.create_task(tess.wait_for("heard"))
    await asyncio.sleep(0.02)
    await say(http, tess, "we heard you")
    assert (await waiting).text == "we heard you"
    with pytest.raises(NothingCameError):
        await tess.wait_for("never", timeout=0.2)


async def test_a_flood_answer_carries_the_wait_in_body_and_header(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    await sim.fault("flood", method="sendMessage", retry_after=9, times=1)
    answer = await say(http, tess, "a")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "9"
    assert answer.json()["parameters"] == {"retry_after": 9}
    assert answer.json()["description"] == "Too Many Requests: retry after 9"
    assert (await say(http, tess, "b")).status_code == 200


async def test_a_lost_answer_is_worked_and_a_lost_request_is_not(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    for kind in ("lost_answer", "lost_request"):
        await sim.fault(kind, method="sendMessage")
        with pytest.raises(httpx.TransportError):
            await say(http, tess, kind)
    said = [line.text for line in await tess.lines() if line.from_bot]
    assert said == ["lost_answer"]
    assert [call["lost"] for call in await sim.calls("sendMessage")] == [True, True]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"kind": "forbidden"}, 403, "Forbidden: bot was blocked by the user"),
        ({"kind": "unauthorized"}, 401, "Unauthorized"),
        ({"kind": "error"}, 500, "Internal Server Error: restart"),
        ({"kind": "error", "code": 502, "description": "Bad Gateway"}, 502, "Bad Gateway"),
    ],
)
async def test_refusals_can_be_ordered(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone, fault: dict[str, Any], status: int, words: str
) -> None:
    await sim.fault(**fault)
    answer = await say(http, tess, "a")
    assert (answer.status_code, answer.json()["description"]) == (status, words)


async def test_a_fault_strikes_only_what_it_names(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    await sim.fault("error", chat_id=12345, times=None)
    await sim.fault("error", method="deleteMessage", times=None)
    assert (await say(http, tess, "a")).status_code == 200
    with pytest.raises(RefusedError, match="kind must be one of"):
        await sim.fault("earthquake")
    with pytest.raises(RefusedError, match="no such field"):
        await sim.fault("error", colour="red")
    await sim.call("DELETE", "/faults")
    assert (await sim.call("GET", "/faults"))["faults"] == []


async def test_a_slow_line_trickles_and_a_delay_delays(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    document = await tess.act("document", size=2000)
    seen = (await tess.see())["messages"][-1]["message"]
    assert seen["message_id"] == document["message_ids"][0]
    link = (await http.get(f"/bot{TOKEN}/getFile", params={"file_id": seen["document"]["file_id"]})).json()
    await sim.fault("slow", method="download", rate=8000)
    started = time.monotonic()
    body = (await http.get(f"/file/bot{TOKEN}/{link['result']['file_path']}")).content
    assert len(body) == 2000
    assert time.monotonic() - started >= 0.2
    await sim.fault("delay", method="sendMessage", seconds=0.2)
    started = time.monotonic()
    await say(http, tess, "late")
    assert time.monotonic() - started >= 0.2


async def test_update_numbers_can_jump_backwards(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    last = (await updates(http))[-1]["update_id"]
    await updates(http, last + 1)
    await sim.call("POST", "/updates/jump", to=5)
    await tess.text("after a quiet week")
    assert [u["update_id"] for u in await updates(http, last + 1)] == [5]


async def test_the_record_holds_every_call_but_no_file_bytes(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    await http.post(
        f"/bot{TOKEN}/sendDocument",
        data={"chat_id": tess.phone_id, "caption": "words"},
        files={"document": ("a.txt", b"canary in the file")},
    )
    (call,) = await sim.calls("sendDocument")
    assert call["params"]["caption"] == "words"
    assert call["params"]["document"]["size"] == 18
    assert "canary" not in str(call)


async def test_the_transcript_reads_as_a_conversation(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    await say(http, tess, "good day")
    (number,) = await tess.text("help")
    await tess.act("delete", message_ids=[number])
    text = (await sim.call("GET", f"/phones/{tess.phone_id}/transcript"))["text"]
    assert text == "> /start\n< good day\nx> help\n"


async def test_several_bots_have_each_their_own_chats(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    await sim.call("POST", "/bots", token="777:second")
    with pytest.raises(RefusedError, match="which bot"):
        await tess.text("to whom?")
    await tess.act("text", text="to the second", bot=777)
    second = (await http.get("/bot777:second/getUpdates")).json()["result"]
    assert [update["message"]["text"] for update in second] == ["to the second"]
    assert [update["message"]["text"] for update in await updates(http)] == ["/start"]
    assert TOKEN.partition(":")[2] not in str(await sim.call("GET", "/bots"))


async def test_practice_notes_show_the_current_code_and_never_the_secret(
    http: httpx.AsyncClient, sim: Remote
) -> None:
    uri = pyotp.TOTP(SECRET, name="alice", issuer="practice").provisioning_uri()
    await sim.call("PUT", "/notes", title="House", accounts=[{"name": "alice", "otpauth": uri}])
    shown = await http.get("/_sim/view")
    assert shown.json()["notes"]["accounts"] == [
        {"name": "alice", "code": pyotp.TOTP(SECRET).at(NOON), "seconds_left": 30}
    ]
    assert SECRET not in shown.text
    with pytest.raises(RefusedError):
        await sim.call("PUT", "/notes", accounts=[{"name": "alice", "otpauth": "https://a.example"}])


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("GET", "/_sim/moon", None, 404),
        ("PUT", "/_sim/phones", {}, 405),
        ("POST", "/_sim/phones/1/text", {"text": "a"}, 404),
        ("POST", "/_sim/clock", {"advance": "soon"}, 400),
        ("POST", "/_sim/phones", [1], 400),
        ("GET", "/_sim/files/none", None, 404),
    ],
)
async def test_a_bad_control_call_is_refused_in_one_sentence(
    http: httpx.AsyncClient, verb: str, path: str, body: Any, status: int
) -> None:
    answer = await http.request(verb, path, json=body)
    assert answer.status_code == status
    assert answer.json().keys() <= {"error", "ok", "error_code", "description"}


async def test_another_sites_page_and_another_host_name_are_turned_away(http: httpx.AsyncClient) -> None:
    theirs = {"origin": "https://elsewhere.example"}
    assert (await http.post("/_sim/phones", json={}, headers=theirs)).status_code == 403
    assert (await http.get("/_sim/view", headers={"host": "rebound.example"})).status_code == 421
    assert (await http.get(f"/bot{TOKEN}/getMe", headers={"host": "rebound.example"})).status_code == 421


async def test_a_body_larger_than_telegram_takes_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(f"/bot{TOKEN}/sendDocument", content=bytes(52 * 1024 * 1024))
    assert answer.status_code == 413


async def test_a_taken_port_is_said_so(emulator: Emulator) -> None:
    with pytest.raises(PortTakenError):
        async with Emulator(port=int(emulator.base_url.rpartition(":")[2])):
            pass


async def test_it_runs_as_a_process_that_ends_when_told() -> None:
    with EmulatorProcess() as running:
        async with Remote(running.base_url) as sim:
            await sim.call("POST", "/bots", token=TOKEN)
            tess = await sim.phone()
            await tess.start()
            assert [line.text for line in await tess.lines()] == ["/start"]
        process = running._process
    assert process.returncode == 0


TINY_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


async def test_what_happens_in_life_is_ordered_and_cleared_by_name(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    names = (await sim.call("GET", "/faults"))["scenarios"]
    assert {"too_many_requests", "second_poller", "token_revoked", "slow", "numbers_restart"} < set(names)
    await sim.call("POST", "/faults", scenario="too_many_requests", retry_after=3)
    await sim.call("POST", "/faults", scenario="second_poller")
    assert (await say(http, tess, "a")).headers["retry-after"] == "3"
    await sim.call("DELETE", "/faults", scenario="too_many_requests")
    assert (await say(http, tess, "a")).status_code == 200
    answer = await http.get(f"/bot{TOKEN}/getUpdates")
    assert (answer.status_code, answer.json()["error_code"]) == (409, 409)
    await sim.call("DELETE", "/faults")
    assert (await sim.call("GET", "/faults"))["faults"] == []
    with pytest.raises(RefusedError, match="scenario must be one of"):
        await sim.call("POST", "/faults", scenario="rain")


async def test_old_updates_come_once_more_and_numbers_start_again(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    first = (await updates(http))[-1]["update_id"]
    await tess.text("new")
    await sim.call("POST", "/faults", scenario="old_updates", times=1)
    texts = [one["message"]["text"] for one in await updates(http, first + 1)]
    assert texts == ["/start", "new"]
    await sim.call("POST", "/faults", scenario="numbers_restart")
    await updates(http, first + 2)
    await tess.text("newer")
    assert [one["update_id"] for one in await updates(http)] != [first + 2]


async def test_all_chats_of_a_bot_are_read_as_transcripts_with_what_was_pressed(
    http: httpx.AsyncClient, sim: Remote, tess: RemotePhone
) -> None:
    other = await sim.phone(first_name="Tom")
    await sim.call("POST", "/much", phones=[tess.phone_id, other.phone_id], messages=4, text="n")
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    ask = {"chat_id": tess.phone_id, "text": "Sure?\nThink.", "reply_markup": keyboard}
    number = (await http.post(f"/bot{TOKEN}/sendMessage", json=ask)).json()["result"]["message_id"]
    await tess.press(number, text="Yes")
    await tess.text("done")
    told = (await sim.call("GET", "/transcript"))["text"]
    assert told == ("> /start\n> n 0\n> n 2\n< Sure? / Think. [Yes]\n> (Yes)\n> done\n\n> n 1\n> n 3\n")
