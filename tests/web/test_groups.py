"""Groups of the sign-in provider on the administration's page, and resetting a second factor."""

from sqlalchemy import select

from app import clock
from app.domain.people.credentials import second_factor
from app.domain.people.credentials.records import GroupRole, SecondFactor
from tests.web.house import ADMIN
from tests.web.office import Office, Seen

GROUP = {"group_name": "desk", "role": "incidents.process_staff"}


def test_an_administrator_says_which_group_gives_which_role(house: Office) -> None:
    marek = house.browser(ADMIN)
    assert "No group gives a role yet." in marek.see("/administration/groups").text
    assert marek.post("/administration/groups", GROUP).status_code == 303
    twice = marek.post("/administration/groups", GROUP)
    assert twice.status_code == 422 and "gives this role already" in twice.text
    page = marek.see("/administration/groups")
    assert "desk" in page.texts("//td")
    with house.parts.database.transaction() as session:
        [row] = session.scalars(select(GroupRole)).all()
    assert marek.post(f"/administration/groups/{row.id}/remove").status_code == 303
    assert marek.post(f"/administration/groups/{row.id}/remove").status_code == 404


def test_a_group_needs_a_name_and_a_role_that_people_can_be_given(house: Office) -> None:
    marek = house.browser(ADMIN)
    for wrong in ({"group_name": " "}, {"role": "case.owner"}, {"role": "x" * 5000}, {"group_name": "y" * 300}):
        answer = marek.post("/administration/groups", GROUP | wrong)
        assert answer.status_code == 422 and Seen(answer).all("//*[@aria-invalid]")


def test_an_administrator_resets_a_second_factor(house: Office) -> None:
    anna = house.people["Anna Novak"]
    with house.parts.database.transaction() as session:
        session.add(
            SecondFactor(person_id=anna, secret=b"x", made_at=clock.now(), confirmed_at=clock.now(), last_step=0)
        )
    marek = house.browser(ADMIN)
    button = "//form[contains(@action, '/second-factor/reset')]"
    assert marek.see(f"/administration/people/{anna}").all(button)
    assert marek.post(f"/administration/people/{anna}/second-factor/reset").status_code == 303
    assert not marek.see(f"/administration/people/{anna}").all(button)
    with house.parts.database.transaction() as session:
        assert not second_factor.is_on(session, anna)
    assert marek.post("/administration/people/999999/second-factor/reset").status_code == 404
