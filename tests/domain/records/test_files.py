"""Files keep harmless names, honest types and a size limit."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import false, true
from sqlalchemy.orm import Session

from app.domain.people.records import Person
from app.domain.records import files
from app.errors import Invalid, NotFound


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../x", "x"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/passwd", "passwd"),
        ("C:\\Temp\\a b.txt", "a b.txt"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        (".htaccess", "htaccess"),
        ('a"b<c>.txt', "a_b_c_.txt"),
        ("con.txt", "_con.txt"),
        ("LPT1", "_LPT1"),
        ("Überblick – März.xlsx", "Überblick – März.xlsx"),
        ("x" * 300 + ".pdf", "x" * 139 + ".pdf"),
    ],
)
def test_names_are_made_harmless(sent: str, kept: str) -> None:
    assert files.harmless_name(sent) == kept


@given(st.text(max_size=400))
def test_no_name_leads_out_of_a_folder(sent: str) -> None:
    kept = files.harmless_name(sent)
    assert kept
    assert len(kept) <= files.LONGEST_NAME
    assert not set(kept) & set('/\\<>:"|?*\x00\r\n')
    assert not kept.startswith(".")
    assert files.harmless_name(kept) == kept


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"%PDF-1.7 ...", "report.pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "photo.jpg", "image/png"),
        (b"<script>alert(1)</script>", "photo.png", "application/octet-stream"),
        (b"<html>", "page.html", "application/octet-stream"),
        (b"<svg onload=alert(1)>", "icon.svg", "application/octet-stream"),
        (b"08:15 disk full", "system.log", "text/plain"),
        (b"\xff\xfe\x00", "system.log", "application/octet-stream"),
        (b"a;b", "table.CSV", "text/csv"),
        (b"PK\x03\x04...", "table.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"PK\x03\x04...", "logs.zip", "application/zip"),
        (b"PK\x03\x04...", "page.html", "application/zip"),
    ],
)
def test_the_content_decides_about_the_type(content: bytes, name: str, expected: str) -> None:
    assert files.media_type(content, name) == expected


def test_a_file_comes_back_as_it_was(session: Session, make, anna: Person) -> None:
    record_id = make("incident", "Storage down")
    stored = files.store_file(
        session, b"%PDF-1", "../../plan.pdf", limit_mb=1, uploaded_by_id=anna.id, record_id=record_id
    )
    session.expunge_all()
    read = files.read_file(session, stored.id, known=true())
    assert (read.name, read.content, read.size) == ("plan.pdf", b"%PDF-1", 6)
    assert read.sha256 == hashlib.sha256(b"%PDF-1").hexdigest()
    assert [file.id for file in files.files_of(session, record_id)] == [stored.id]
    with pytest.raises(NotFound):
        files.read_file(session, stored.id, known=false())
    with pytest.raises(NotFound):
        files.read_file(session, 4711, known=true())


def test_empty_and_large_files_are_refused_at_their_input(session: Session) -> None:
    for content in (b"", b"x" * 1_000_001):
        with pytest.raises(Invalid) as refusal:
            files.store_file(session, content, "x", limit_mb=1, uploaded_by_id=None, field="photo")
        assert set(refusal.value.fields) == {"photo"}


def test_people_attach_only_what_they_uploaded_themselves(session: Session, make, anna: Person, ben: Person) -> None:
    record_id, other = make("incident", "Storage down"), make("incident", "Other")
    mine = files.store_file(session, b"1", "mine.txt", limit_mb=1, uploaded_by_id=anna.id)
    theirs = files.store_file(session, b"2", "theirs.txt", limit_mb=1, uploaded_by_id=ben.id)
    used = files.store_file(session, b"3", "used.txt", limit_mb=1, uploaded_by_id=anna.id, record_id=other)
    files.attach(session, [mine.id, theirs.id, used.id], record_id=record_id, task_id=None, uploaded_by_id=anna.id)
    session.expire_all()
    assert [file.name for file in files.files_of(session, record_id)] == ["mine.txt"]
    assert [file.name for file in files.files_of(session, other)] == ["used.txt"]
