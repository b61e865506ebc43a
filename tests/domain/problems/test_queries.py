"""Known errors are found by what they are about, in English and German, and never by filler."""

import pytest
from sqlalchemy.orm import Session

from app.domain.problems.queries import known_errors_about
from app.domain.problems.records import KnownError

BACKUP = ("Project folders vanish after the nightly backup", "In the morning shared folders are empty for some people.")
DRUCKER = (
    "Druckaufträge warten nach der Änderung des Kennworts",
    "Aufträge bleiben in der Warteschlange und der Drucker fragt nicht nach der Karte.",
)


@pytest.fixture
def known(make) -> dict[str, int]:
    """A known error told in English and one told in German; neither names a service."""
    return {
        title: make("known_error", title, symptoms=symptoms, workaround="Sign in again.")
        for title, symptoms in (BACKUP, DRUCKER)
    }


@pytest.mark.parametrize(
    "text",
    [
        "after",
        "After the others",
        "Nothing since then: it is not here for some, after all of these",
        "What are these for, and why not after the other?",
        "Nach wie vor nicht, und das nach der bitte",
        "Bitte dringend Hilfe: es geht seit heute nicht mehr",
        "der die das, and the some",
        "''' | & ! :* \\ <->",
        "",
    ],
)
def test_filler_alone_matches_nothing(session: Session, known: dict[str, int], text: str) -> None:
    assert known_errors_about(session, text) == []


def test_a_shared_after_adds_nothing_to_what_is_really_shared(session: Session, known: dict[str, int]) -> None:
    (found,) = known_errors_about(session, "Laptop restarts after the backup")
    assert (found.in_title, found.in_symptoms) == (("backup",), ())


@pytest.mark.parametrize(
    ("text", "title", "in_title", "in_symptoms"),
    [
        ("My shared folder vanished in the project", BACKUP[0], ("folder", "vanished", "project"), ("shared",)),
        ("Empty FOLDERS since the backups", BACKUP[0], ("folders", "backups"), ("empty",)),
        ("Druckauftrag wartet seit der Kennwortänderung", DRUCKER[0], ("druckauftrag",), ()),
        ("Änderungen am Kennwort, Karten werden nicht gelesen", DRUCKER[0], ("änderungen", "kennwort"), ("karten",)),
    ],
)
def test_inflected_words_match_in_both_languages(
    session: Session, known: dict[str, int], text: str, title: str, in_title: tuple[str, ...],
    in_symptoms: tuple[str, ...],
) -> None:  # fmt: skip
    (found,) = known_errors_about(session, text)
    assert (found.id, found.in_title, found.in_symptoms) == (known[title], in_title, in_symptoms)


def test_who_shares_more_and_in_the_title_comes_first(session: Session, known: dict[str, int], make) -> None:
    only_symptoms = make(
        "known_error", "Strange things", symptoms="Folders vanish with the backup", workaround="Wait."
    )  # fmt: skip
    found = known_errors_about(session, "Folders vanish with every backup of the project")
    assert [candidate.id for candidate in found] == [known[BACKUP[0]], only_symptoms]
    assert found[0].rank > found[1].rank > 0


def test_those_of_other_services_without_workaround_or_obsolete_are_left_out(session: Session, make) -> None:
    storage, mail = make("service", "Research storage"), make("service", "Mail")
    ours = make("known_error", "Folders vanish", workaround="Wait.", service=storage)
    nobodys = make("known_error", "Folders vanish", workaround="Wait.")
    make("known_error", "Folders vanish", workaround="Wait.", service=mail)
    make("known_error", "Folders vanish", service=storage)
    obsolete = make("known_error", "Folders vanish", workaround="Wait.", service=storage)
    session.get_one(KnownError, obsolete).status = "obsolete"
    session.flush()
    found = {candidate.id for candidate in known_errors_about(session, "Folders vanish", service_id=storage)}
    assert found == {ours, nobodys}


def test_the_same_word_counts_once(session: Session, known: dict[str, int]) -> None:
    (found,) = known_errors_about(session, "Folder, folders and the folder's backup")
    assert (found.in_title, found.in_symptoms) == (("folder", "backup"), ())


def test_short_names_with_a_hyphen_are_words(session: Session, make) -> None:
    wifi = make("known_error", "Wi-Fi drops", workaround="Wait.")
    (found,) = known_errors_about(session, "No Wi-Fi in the hall")
    assert (found.id, found.in_title) == (wifi, ("wi-fi",))


def test_hostile_and_endless_texts_are_taken_as_words(session: Session, known: dict[str, int]) -> None:
    assert known_errors_about(session, "'); DROP TABLE record; -- " * 5000) == []
    assert len(known_errors_about(session, "backup " + "x" * 300_000)) == 1
