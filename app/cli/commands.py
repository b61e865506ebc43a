"""The commands of `stellwerk`; each imports what it needs when it runs, so that starting stays quick."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.cli.start import read_settings, with_database, with_parts
from app.errors import Invalid, Refused, StellwerkError

application = typer.Typer(
    name="stellwerk",
    help="IT service management that runs the way its process charts say.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
person = typer.Typer(help="Persons who sign in.", no_args_is_help=True)
application.add_typer(person, name="person")

AliveDescriptor = Annotated[int | None, typer.Option("--alive-fd", hidden=True)]


def main() -> None:
    """Run the command line; what a person can be told is printed without a traceback, with exit code 1."""
    try:
        application()
    except Refused as error:
        _fail(str(error), f"{len(error.problems)} problems; nothing was published.")
    except Invalid as error:
        _fail(*(f"{field}: {' '.join(messages)}" for field, messages in error.fields.items()))
    except StellwerkError as error:
        _fail(error.message)


def _fail(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    raise SystemExit(1)


@application.command()
def serve(
    demo: Annotated[bool, typer.Option(help="Fill an empty database with a small demo organisation.")] = False,
) -> None:
    """Run everything: embedded database (unless one is set), migrations, web, worker, scheduler."""
    from app.cli.serve import serve as run

    run(read_settings(), demo=demo)


@application.command()
def web(
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    alive_fd: AliveDescriptor = None,
) -> None:
    """Run one web process."""
    from app.cli.processes import run_web

    run_web(listener=fd, alive=alive_fd)


@application.command()
def worker(alive_fd: AliveDescriptor = None) -> None:
    """Run one worker: jobs, timers and periodic duties."""
    from app.cli.processes import run_worker

    run_worker(alive=alive_fd)


@application.command()
def migrate() -> None:
    """Bring the database to the newest version of the tables."""
    from app.database.migrate import head
    from app.database.migrate import migrate as run

    with with_database(read_settings()) as settings:
        run(settings.database_url)
    typer.echo(f"The database is at revision {head()}.")


@application.command()
def publish(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders; without any, all shipped ones.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Only shipped files whose key was never published.")] = False,
    note: Annotated[str, typer.Option(help="Why, for the history.")] = "",
) -> None:
    """Make files the current versions: all of them, or none when one has a problem."""
    from app.cli.files import collect
    from app.domain.journal.publishing import note_published
    from app.processes.publish import publish as run

    if new and paths:
        raise typer.BadParameter("--new is about the shipped files and takes no paths.")
    with with_parts() as parts, parts.database.transaction() as session:
        sources = parts.library.unpublished(session) if new else collect(parts.library, paths or [])
        done = run(session, parts.library, sources, parser=parts.parser, registry=parts.registry, note=note)
        note_published(session, done, why=note)
    for item in done:
        typer.echo(f"{item.kind} {item.key}: version {item.number}{'' if item.changed else ' (unchanged)'}")
        for warning in item.warnings:
            typer.echo(f"  {warning}")


@application.command()
def export(folder: Annotated[Path, typer.Argument(help="Where to write; made if it is not there.")]) -> None:
    """Write all published files into a folder, as `bpmn/` and `forms/`."""
    from app.processes.library import export as run

    with with_parts() as parts, parts.database.transaction() as session:
        written = run(session, folder)
    typer.echo(f"{len(written)} files written to {folder}.")


@application.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders; without any, all shipped ones.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what is wrong with diagrams, forms and decisions; needs no database."""
    from app.cli.files import check_files, findings_as_json

    problems = check_files(read_settings(), paths or [])
    if json:
        typer.echo(findings_as_json(problems))
    else:
        for problem in problems:
            typer.echo(f"{problem.severity}: {problem}")
        typer.echo(f"{len(problems)} problems." if problems else "No problems.")
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


@application.command()
def token(
    login: Annotated[str, typer.Argument(metavar="PERSON", help="Login of the person it acts for.")],
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may be used for: read, work, account, administration, metrics; without, all."),
    ] = None,
    days: Annotated[int, typer.Option(min=0, max=36_500, help="Days after which it expires; 0 for never.")] = 90,
) -> None:
    """Make an API token; it is printed once and kept nowhere."""
    from app import clock
    from app.cli.people import find
    from app.domain.people.tokens import SCOPES, create_token

    expires = clock.now() + timedelta(days=days) if days else None
    with with_parts() as parts, parts.database.transaction() as session:
        made = create_token(session, find(session, login).id, name, scopes=scope or SCOPES, expires_at=expires)
    typer.echo(made.token)


@person.command("create")
def person_create(
    login: Annotated[str, typer.Argument(help="What they sign in with.")],
    name: Annotated[str, typer.Argument(help="Their full name.")],
    email: Annotated[str | None, typer.Option(help="Where mails go.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="A role to hold, as incidents.process_staff.")] = None,
    administrator: Annotated[bool, typer.Option(help="May administer this installation.")] = False,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Create a person; the password is asked for, empty means that nobody signs in as them."""
    from app.cli.people import create, new_password

    with with_parts() as parts, parts.database.transaction() as session:
        created = create(
            session,
            login=login,
            name=name,
            email=email,
            roles=role or [],
            administrator=administrator,
            password=new_password(from_stdin=password_stdin, may_be_empty=True),
        )
        typer.echo(f"{created.name} was created with the login {created.login}.")


@person.command("set-password")
def person_set_password(
    login: Annotated[str, typer.Argument(help="Whose.")],
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Give a person a new password; a lock is lifted and every session ends."""
    from app.cli.people import find, new_password
    from app.domain.people.accounts import set_password

    with with_parts() as parts, parts.database.transaction() as session:
        found = find(session, login)
        set_password(session, found.id, new_password(from_stdin=password_stdin) or "")
        typer.echo(f"{found.name} has a new password.")


@person.command("list")
def person_list() -> None:
    """List all persons with their roles."""
    from app.cli.people import overview

    with with_parts() as parts, parts.database.transaction() as session:
        for line in overview(session):
            typer.echo(line)


@application.command()
def demo() -> None:
    """Fill an empty database with a small demo organisation."""
    from app.cli.serve import publish_new
    from app.showcase import make_demo

    with with_parts() as parts:
        publish_new(parts)
        typer.echo("Done." if make_demo(parts) else "There are persons already; nothing was changed.")


@application.command()
def verify(
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    since: Annotated[str, typer.Option(help="Only chains that have grown from this day or time on.")] = "",
    anchor: Annotated[list[str] | None, typer.Option(help="The line of an anchor that was kept elsewhere.")] = None,
) -> None:
    """Check the whole journal: its chains, what they vouch for, and the anchors."""
    from app.cli.verify import as_json, in_words, run

    with with_parts() as parts:
        found = run(parts, since=since, kept=anchor or [])
    for line in [as_json(found)] if json else in_words(found):
        typer.echo(line)
    if not found.sound:
        raise typer.Exit(1)


@application.command()
def doctor() -> None:
    """Look whether everything is in order, and say what to do where it is not."""
    from app.cli.doctor import examine

    findings = examine(read_settings())
    for finding in findings:
        typer.echo(f"{finding.mark} {finding.subject}: {finding.message}")
    if any(finding.level == "bad" for finding in findings):
        raise typer.Exit(1)
