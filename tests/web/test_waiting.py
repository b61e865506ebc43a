"""The page of what one's own cases wait for."""

from tests.web.office import Office


def test_the_requester_reads_whom_their_report_waits_for(office: Office) -> None:
    number = office.report("Cannot open shared storage")
    chiara = office.browser("Chiara Ricci")
    page = chiara.see("/work/waiting")
    assert "not yet taken by anybody of" in page.text
    assert f"/cases/{number}" in page.links()
    office.browser("Anna Novak").post(f"/work/tasks/{office.task(number).id}/claim")
    assert "by Anna Novak" in chiara.see("/work/waiting").text
    assert "Nothing that you asked for" in office.browser("Ben Osei").see("/work/waiting").text
    assert "/work/waiting" in chiara.see("/work").links()
