"""A call at the desk: what is typed is kept, which number is meant, and the way back to a running one."""

from tests.desk_site import Browser


def test_an_unsaved_note_is_kept_by_wrapping_up(agent: Browser) -> None:
    call = agent.open_call("13800010004")
    page = agent.get(f"/desk?call={call}").text
    form = page[page.index('id="wrap"') : page.index("</form>", page.index('id="wrap"'))]
    assert 'name="note"' in form
    assert f'formaction="/desk/calls/{call}/note"' in form
    agent.post(f"/desk/calls/{call}/wrap-up", reason="consult-tariff", note="最后一句话", tags="")
    again = agent.open_call("13800010004")
    assert "最后一句话" in agent.get(f"/desk?call={again}&tab=history").text


def test_a_refused_wrap_up_keeps_what_was_typed(agent: Browser) -> None:
    call = agent.open_call("13800010004")
    refused = agent.post(f"/desk/calls/{call}/wrap-up", reason="", note="还没存的备注", tags="急 回访")
    assert refused.status_code == 422
    assert "还没存的备注</textarea>" in refused.text
    assert 'value="急 回访"' in refused.text
    long = "长" * 10_001
    refused = agent.post(f"/desk/calls/{call}/wrap-up", reason="consult-tariff", note=long, tags="急")
    assert refused.status_code == 422
    assert f"{long}</textarea>" in refused.text
    assert '<option value="consult-tariff" selected>' in refused.text


def test_a_note_that_is_too_long_is_still_on_the_page(agent: Browser) -> None:
    call = agent.open_call("13800010010")
    agent.post(f"/desk/calls/{call}/note", note="此前的备注")
    long = "长" * 10_001
    refused = agent.post(f"/desk/calls/{call}/note", note=long)
    assert refused.status_code == 422
    assert f"{long}</textarea>" in refused.text
    assert "此前的备注" in agent.get(f"/desk?call={call}").text
