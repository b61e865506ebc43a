"""A large organisation's work list: people, teams, records, cases and their open and closed tasks, in bulk."""

import psycopg

from tests.bench.world import World

PEOPLE, TEAMS, MINE = 200, 50, 4
"""How many people and teams there are, and how many of the teams the measured person is in."""

_FILL = (
    # What is filled in here holds together by itself; asking so for each of millions of rows takes minutes.
    "SET LOCAL session_replication_role = replica",
    """INSERT INTO person (login, name, created_at)
       SELECT 'person' || g, 'Person ' || g, now() FROM generate_series(1, {people}) g""",
    "INSERT INTO team (key, name) SELECT 'team_' || g, 'Team ' || g FROM generate_series(1, {teams}) g",
    """INSERT INTO team_member (team_id, person_id, leads)
       SELECT id, {person}, false FROM team WHERE key IN (SELECT 'team_' || g FROM generate_series(1, {mine}) g)""",
    """INSERT INTO record (id, kind, number, title, status, opened_at, updated_at, journal_length)
       SELECT 10000000 + g, 'incident', 'BENCH-' || g, 'Disruption number ' || g, 'open', now(), now(), 0
       FROM generate_series(1, {open}) g""",
    "INSERT INTO incident (record_id) SELECT 10000000 + g FROM generate_series(1, {open}) g",
    """INSERT INTO process_case (id, number, diagram, area, diagram_version, bundle_id, record_id, title, status, state,
                                 started_at, requester_id)
       OVERRIDING SYSTEM VALUE
       SELECT 10000000 + g, 'BENCH-C-' || g, 'bench_record', 'incidents', 1, 1, 10000000 + g,
              'Disruption number ' || g, 'running', '', now() - interval '30 days', {first} + g % {people}
       FROM generate_series(1, {open}) g""",
    # Of the open tasks each second one is assigned, the others are offered to a team; due over two months around now.
    """INSERT INTO task (case_id, engine_id, diagram, element, name, status, role, assignee_id, due_at, priority,
                         created_at, claimed_at)
       SELECT 10000000 + g, gen_random_uuid(), 'bench_record', 'task_1', 'Look into it', 'open',
              'team.team_' || (g / 2 % {teams} + 1),
              CASE WHEN g % 2 > 0 THEN NULL WHEN g / 2 % {people} = 0 THEN {person} ELSE {first} + g / 2 % {people} END,
              CASE WHEN g % 10 > 0 THEN now() + (g % 1440 - 720) * interval '1 hour' END,
              g % 4 + 1, now() - interval '2 days', CASE WHEN g % 2 = 0 THEN now() END
       FROM generate_series(1, {open}) g""",
    """INSERT INTO task (case_id, engine_id, diagram, element, name, status, role, assignee_id, due_at, priority,
                         created_at, claimed_at, completed_at, completed_by_id)
       SELECT 10000000 + 1 + g % {open}, gen_random_uuid(), 'bench_record', 'task_1', 'Looked into it', 'done',
              'team.team_' || (g % {teams} + 1), who, now() - g % 1440 * interval '1 hour', 3,
              now() - interval '90 days', now(), now() - g * interval '1 minute', who
       FROM (SELECT g, CASE WHEN g % {people} = 0 THEN {person} ELSE {first} + g % {people} END AS who
             FROM generate_series(1, {closed}) g) closed""",
)


def crowd(world: World, *, open_tasks: int, closed_tasks: int) -> None:
    """Fill the database; afterwards it is as a server that has been up for a while: vacuumed and analysed."""
    with psycopg.connect(world.url, autocommit=True) as connection:
        with connection.transaction():
            row = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM person").fetchone()
            assert row is not None
            for statement in _FILL:
                connection.execute(
                    statement.format(
                        people=PEOPLE, teams=TEAMS, mine=MINE, person=world.person.person_id, first=row[0],
                        open=open_tasks, closed=closed_tasks,
                    ).encode()
                )  # fmt: skip
        connection.execute("VACUUM ANALYZE")
