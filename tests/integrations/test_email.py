"""Mail goes out over real SMTP, or into files; what can never arrive is told from what may arrive later."""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.errors import StellwerkError, Unavailable, Undeliverable
from app.integrations.email import OutgoingMail, Post, compose, send, server_of
from tests.integrations.post_office import CERTIFICATE, Letterbox, post_office

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Letters:
    """The settings of a mail set-up."""

    var: Path = Path("var")
    mail_url: str = ""
    mail_from: str = "desk@example.org"
    organisation: str = "Nordwind"


def letter(recipient: str = "anna.novak@example.org", **changes: str) -> OutgoingMail:
    given = {"subject": "[INC-2026-0042] Storage down", "body": "Guten Tag Anna,\nes läuft.\n", "identity": "7:1:anna"}
    return OutgoingMail(recipient=recipient, **{**given, **changes})


def test_a_mail_arrives_with_all_its_headers() -> None:
    with post_office() as (port, box), clock.at(MONDAY):
        send(Letters(mail_url=f"smtp://127.0.0.1:{port}"), letter(thread="INC-2026-0042"))
    [mail] = box.mails
    assert mail["To"] == "anna.novak@example.org"
    assert mail["From"] == "Nordwind <desk@example.org>"
    assert mail["Subject"] == "[INC-2026-0042] Storage down"
    assert mail["Date"].datetime == MONDAY
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().splitlines() == ["Guten Tag Anna,", "es läuft."]


def test_mails_about_one_record_are_one_thread_and_a_copy_is_known_as_such() -> None:
    settings = Letters()
    first = compose(settings, letter(identity="a", thread="INC-2026-0042"))
    copy = compose(settings, letter(identity="a", thread="INC-2026-0042"))
    second = compose(settings, letter(identity="b", thread="INC-2026-0042"))
    other = compose(settings, letter(identity="c", thread="INC-2026-0043"))
    alone = compose(settings, letter(identity="d"))
    assert first["Message-ID"] == copy["Message-ID"] != second["Message-ID"]
    assert first["In-Reply-To"] == second["In-Reply-To"] == second["References"] != other["In-Reply-To"]
    assert alone["In-Reply-To"] is None


@pytest.mark.parametrize(("tls", "scheme"), [("starttls", "smtp"), ("starttls", "smtp+starttls"), ("smtps", "smtps")])
def test_it_is_encrypted_and_signed_in_where_the_server_can(tls: str, scheme: str) -> None:
    with post_office(tls=tls, sign_in=True) as (port, box):
        url = f"{scheme}://desk:s3cret%3A%40%2F@localhost:{port}?authorities={CERTIFICATE}"
        send(Letters(mail_url=url), letter())
    assert box.signed_in == ["desk"]
    assert box.encrypted == [True]


@pytest.mark.parametrize(("tls", "scheme"), [("starttls", "smtp"), ("starttls", "smtp+starttls"), ("smtps", "smtps")])
def test_a_server_with_a_certificate_of_nobody_gets_nothing(tls: str, scheme: str) -> None:
    with post_office(tls=tls) as (port, box), pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
        send(Letters(mail_url=f"{scheme}://localhost:{port}"), letter())
    assert box.mails == []


def test_without_encryption_no_password_and_no_mail_goes_out() -> None:
    with post_office() as (port, box):
        with pytest.raises(Unavailable, match="in the clear"):
            send(Letters(mail_url=f"smtp://desk:s3cret%3A%40%2F@127.0.0.1:{port}"), letter())
        with pytest.raises(Unavailable):
            send(Letters(mail_url=f"smtp+starttls://127.0.0.1:{port}"), letter())
    assert (box.mails, box.signed_in) == ([], [])


def test_a_wrong_password_is_our_fault_and_not_the_address() -> None:
    with post_office(tls="starttls", sign_in=True) as (port, box):
        url = f"smtp://desk:wrong@localhost:{port}?authorities={CERTIFICATE}"
        with pytest.raises(Unavailable, match="refuses us: 535"):
            send(Letters(mail_url=url), letter())
    assert box.mails == []


def test_an_address_that_the_server_refuses_for_good_is_undeliverable() -> None:
    box = Letterbox(refuses={"gone@example.org": "550 5.1.1 No such user here"})
    with post_office(box) as (port, _), pytest.raises(Undeliverable, match=r"550 5\.1\.1 No such user here"):
        send(Letters(mail_url=f"smtp://127.0.0.1:{port}"), letter("gone@example.org"))
    assert box.mails == []


def test_an_address_that_is_refused_for_now_is_tried_again() -> None:
    box = Letterbox(refuses={"full@example.org": "452 4.2.2 Mailbox full"})
    with post_office(box) as (port, _), pytest.raises(Unavailable, match="come again: 452"):
        send(Letters(mail_url=f"smtp://127.0.0.1:{port}"), letter("full@example.org"))


@pytest.mark.parametrize(("reply", "error"), [("554 Spam", Undeliverable), ("451 Later", Unavailable)])
def test_what_the_server_says_of_the_mail_itself_counts_too(reply: str, error: type[StellwerkError]) -> None:
    with post_office(Letterbox(data_reply=reply)) as (port, _), pytest.raises(error):
        send(Letters(mail_url=f"smtp://127.0.0.1:{port}"), letter())


def test_a_server_that_is_down_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="does not answer"):
            send(Letters(mail_url=f"smtp://127.0.0.1:{taken.getsockname()[1]}"), letter())


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.integrations.email.SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(Unavailable, match="timed out"):
            send(Letters(mail_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}"), letter())


@pytest.mark.parametrize(
    "recipient",
    [
        "", "anna", "@example.org", "anna@", "anna@example.org, ben@example.org", "anna@example.org;ben@example.org",
        "Anna <anna@example.org>", "anna@example.org\r\nBcc: everybody@example.org", "anna\n@example.org",
        "anna novak@example.org", "anna@exa mple.org", "anna@" + "a" * 70 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(recipient: str, tmp_path: Path) -> None:
    with pytest.raises(Undeliverable):
        send(Letters(var=tmp_path), letter(recipient))
    assert not list(tmp_path.rglob("*.eml"))


@pytest.mark.parametrize("subject", ["Storage\r\nBcc: everybody@example.org", "Storage\nX: y", "a\x00b", "a\u2028b"])
def test_a_subject_smuggles_in_no_header(subject: str, tmp_path: Path) -> None:
    with pytest.raises(Undeliverable, match="one line"):
        send(Letters(var=tmp_path), letter(subject=subject))


@given(subject=st.text(max_size=400), body=st.text(max_size=2000), thread=st.text(max_size=50))
def test_no_text_adds_a_recipient_or_a_header(subject: str, body: str, thread: str) -> None:
    try:
        raw = compose(Letters(), letter(subject=subject, body=body, thread=thread)).as_bytes()
    except Undeliverable:
        return
    read = message_from_bytes(raw, policy=policy.default)
    expected = {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version",
    } | ({"In-Reply-To", "References"} if thread else set())  # fmt: skip
    assert set(read.keys()) == expected
    assert read["To"] == "anna.novak@example.org"
    assert not read.defects


def test_a_name_outside_ascii_is_written_as_the_net_wants_it() -> None:
    message = compose(Letters(organisation="Stadtwerke Köln, IT"), letter("anna@bücher.example"))
    assert message["To"] == "anna@xn--bcher-kva.example"
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert read["From"].addresses[0].display_name == "Stadtwerke Köln, IT"


def test_an_address_that_this_server_cannot_write_is_undeliverable() -> None:
    with post_office() as (port, box), pytest.raises(Undeliverable):
        send(Letters(mail_url=f"smtp://127.0.0.1:{port}"), letter("änna@example.org"))
    assert box.mails == []


def test_without_a_server_mails_become_files(tmp_path: Path) -> None:
    post = Post(Letters(var=tmp_path))
    for _ in range(2):
        post.send("anna.novak@example.org", "Storage down", "Läuft wieder.", identity="one", thread="INC-2026-0042")
    post.send("ben.osei@example.org", "Storage down", "Läuft wieder.", identity="two")
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert {mail["To"] for mail in mails} == {"anna.novak@example.org", "ben.osei@example.org"}
    assert isinstance(mails[0], EmailMessage)
    assert mails[0].get_content().strip() == "Läuft wieder."


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file is in the way")
    with pytest.raises(Unavailable, match="could not be written"):
        send(Letters(var=tmp_path), letter())


@pytest.mark.parametrize("url", ["http://mail.example.org", "smtp://", "mail.example.org:25", "smtp://host:99999"])
def test_a_url_that_names_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(StellwerkError):
        server_of(url)


def test_ports_follow_from_the_scheme() -> None:
    ports = [server_of(f"{scheme}://mail.example.org").port for scheme in ("smtp", "smtp+starttls", "smtps")]
    assert ports == [25, 587, 465]
