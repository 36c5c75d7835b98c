"""The SQL that is in force in the database, once, for SQLite and PostgreSQL.

Triggers keep labels and their history together, and the counters up to date, whoever writes:

- A new event sets the label, and who gave it and when. It begins with the label that it finds.
- A label other than that of the submission's last event is refused.
- An event can't be changed, nor deleted before its submission has a tombstone.
- A submission begins without a label, and an erased one does not come back.
- What a visitor was asked for is a digit, and is never changed.
- Each of these adds rows to the counters (predictor/models/counters.py says what they are).
- A site event can't be changed, nor deleted. A token keeps its scopes, and stays revoked.

The last migration that changed any of this drops all triggers first and creates them from here
last. A later one that changes this file, or that makes a table anew on SQLite (which loses the
triggers of the table, and refuses while those of others name it), takes both steps over from it:
the older migration's go, since a new database needs them once. Rules about tables and columns that
a later migration makes are left out until then.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class Rule(NamedTuple):
    """A trigger that refuses what is wrong, and then may do something."""

    name: str
    when: str
    refused_if: str
    message: str
    then: str = ""
    column: str = ""  # of submissions, without which there is nothing to hold yet

    @property
    def table(self) -> str:
        return self.when.rpartition(" ")[2]


RULES = [
    Rule(
        "predictor_event_sets_label",
        "AFTER INSERT ON predictor_labelevent",
        """
        NEW.old {differs} (SELECT label FROM predictor_submission WHERE id = NEW.submission_id)
        OR EXISTS (
            SELECT 1 FROM predictor_labelevent
            WHERE submission_id = NEW.submission_id AND id > NEW.id
        )
        """,
        "An event begins with the label that the drawing has.",
        """
        UPDATE predictor_submission
        SET label = NEW.new,
            reviewed_by_id = CASE WHEN NEW.new IS NOT NULL THEN NEW.actor_id END,
            reviewed_at = CASE WHEN NEW.new IS NOT NULL THEN NEW.at END
        WHERE id = NEW.submission_id;
        """,
    ),
    Rule(
        "predictor_event_is_immutable",
        "BEFORE UPDATE ON predictor_labelevent",
        "1 = 1",
        "An event is never changed.",
    ),
    Rule(
        "predictor_event_is_kept",
        "BEFORE DELETE ON predictor_labelevent",
        "NOT EXISTS (SELECT 1 FROM predictor_tombstone WHERE id = OLD.submission_id)",
        "An event goes only with its drawing, which leaves a tombstone.",
    ),
    Rule(
        "predictor_label_has_event",
        "BEFORE UPDATE OF label, reviewed_by_id, reviewed_at ON predictor_submission",
        """
        (NEW.label, NEW.reviewed_by_id, NEW.reviewed_at)
            {differs} (OLD.label, OLD.reviewed_by_id, OLD.reviewed_at)
        AND NOT EXISTS (
            SELECT 1 FROM predictor_labelevent last
            WHERE last.submission_id = NEW.id
                AND NOT last.new {differs} NEW.label
                AND NOT CASE WHEN last.new IS NOT NULL THEN last.actor_id END
                    {differs} NEW.reviewed_by_id
                AND NOT CASE WHEN last.new IS NOT NULL THEN last.at END {differs} NEW.reviewed_at
                AND NOT EXISTS (
                    SELECT 1 FROM predictor_labelevent later
                    WHERE later.submission_id = NEW.id AND later.id > last.id
                )
        )
        """,
        "A label is that of the last event.",
    ),
    Rule(
        "predictor_submission_begins",
        "BEFORE INSERT ON predictor_submission",
        """
        NEW.label IS NOT NULL
        OR EXISTS (SELECT 1 FROM predictor_tombstone WHERE id = NEW.id)
        """,
        "A drawing begins without a label, and does not come back.",
    ),
    Rule(
        "predictor_site_event_is_immutable",
        "BEFORE UPDATE ON predictor_siteevent",
        "1 = 1",
        "What was done is never changed.",
    ),
    Rule(
        "predictor_site_event_is_kept",
        "BEFORE DELETE ON predictor_siteevent",
        "1 = 1",
        "What was done is never forgotten.",
    ),
    Rule(
        "predictor_token_keeps_its_scopes",
        "BEFORE UPDATE ON predictor_token",
        """
        (NEW.digest, NEW.visitor, NEW.may_submit, NEW.may_predict, NEW.may_export)
            {differs} (OLD.digest, OLD.visitor, OLD.may_submit, OLD.may_predict, OLD.may_export)
        OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at {differs} OLD.revoked_at)
        """,
        "A token keeps its secret, its visitor and its scopes, and stays revoked.",
    ),
    Rule(
        "predictor_asked_is_a_digit",
        "BEFORE INSERT ON predictor_submission",
        "NEW.asked NOT BETWEEN 0 AND 9",
        "What was asked for is a digit.",
        column="asked",
    ),
    Rule(
        "predictor_asked_is_immutable",
        "BEFORE UPDATE OF asked ON predictor_submission",
        "NEW.asked {differs} OLD.asked",
        "What was asked for is never changed.",
        column="asked",
    ),
]

SQLITE_RULE = """
    CREATE TRIGGER {name} {when}
    BEGIN
        SELECT RAISE(ABORT, '{message}') WHERE {refused_if};
        {then}
    END
"""

# A submission is locked first, so that of two events at once the second sees the first's work.
POSTGRESQL_RULE = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {lock}
        IF {refused_if} THEN
            RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        {then}
        RETURN COALESCE(NEW, OLD);
    END $$;
    CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}();
"""
POSTGRESQL_LOCK = "PERFORM FROM predictor_submission WHERE id = NEW.submission_id FOR UPDATE;"

# Of each counter, the columns that it counts by and those that add up.
COUNTERS = {
    "predictor_submissioncount": (
        "model_version_id, predicted, label, audited, confidence_bin",
        ["drawings", "confidence"],
    ),
    "predictor_dailycount": ("day", ["drawings", "reviewed"]),
    "predictor_revieweractivity": ("day, reviewer_id", ["labels", "timed", "seconds"]),
}

# One submission more, or less.
COUNT_SUBMISSION = """
    INSERT INTO predictor_submissioncount
        (model_version_id, predicted, label, audited, confidence_bin, drawings, confidence)
    SELECT {row}.model_id, {row}.predicted, {row}.label, {row}.audited_at IS NOT NULL,
        CASE WHEN {row}.audited_at IS NULL OR NOT {row}.is_digit THEN NULL
            WHEN {row}.confidence < 0.5 THEN 0
            WHEN {row}.confidence < 0.6 THEN 1
            WHEN {row}.confidence < 0.7 THEN 2
            WHEN {row}.confidence < 0.8 THEN 3
            WHEN {row}.confidence < 0.9 THEN 4
            WHEN {row}.confidence < 0.95 THEN 5
            WHEN {row}.confidence < 0.99 THEN 6
            WHEN {row}.confidence < 0.999 THEN 7
            ELSE 8
        END,
        {step}, {step} * {row}.confidence;
    INSERT INTO predictor_dailycount (day, drawings, reviewed)
    SELECT {day}, {step}, CASE WHEN {row}.label IS NULL THEN 0 ELSE {step} END;
"""
COUNTED_COLUMNS = "created_at, model_id, digit, is_digit, confidence, label, audited_at"

# What a reviewer did, and how long after what the same one did before.
COUNT_EVENT = """
    INSERT INTO predictor_revieweractivity (day, reviewer_id, labels, timed, seconds)
    SELECT day, actor_id,
        CASE WHEN given IS NULL THEN 0 ELSE 1 END,
        CASE WHEN given IS NOT NULL AND gap BETWEEN 0 AND 60 THEN 1 ELSE 0 END,
        CASE WHEN gap BETWEEN 0 AND 60 THEN gap ELSE 0 END
    FROM (
        SELECT {day} AS day, NEW.actor_id AS actor_id, NEW.new AS given, {gap} AS gap
    ) event;
"""
# Labels of the list, of the grid and of actions come by the dozen: they are not timed. Nor is what
# a page had kept while it could not send: a gap counts only after something that the same reviewer
# did at least a second and at most a minute before; of what arrives at once, before the first.
GAP = """
    CASE WHEN (NEW.source IN ('queue', 'admin-page')
            OR NEW.source = 'undo' AND NEW.idempotency_key IS NOT NULL)
        AND EXISTS (
            SELECT 1 FROM (
                SELECT before.at FROM predictor_labelevent before
                WHERE before.actor_id = NEW.actor_id AND before.id < NEW.id
                ORDER BY before.id DESC LIMIT 200
            ) lately
            WHERE {since_lately} BETWEEN 1 AND 60
        )
    THEN {since_previous} END
"""
PREVIOUS = """(
    SELECT previous.at FROM predictor_labelevent previous
    WHERE previous.actor_id = NEW.actor_id AND previous.id < NEW.id
    ORDER BY previous.id DESC LIMIT 1
)"""

# Every thousandth row has all that were there before it added up.
SQLITE_FOLD = """
    CREATE TRIGGER {table}_fold AFTER INSERT ON {table} WHEN NEW.id % 1000 = 0
    BEGIN
        INSERT INTO {table} ({keys}, {sums})
        SELECT {keys}, {summed} FROM {table} WHERE id <= NEW.id
        GROUP BY {keys} HAVING {not_zero};
        DELETE FROM {table} WHERE id <= NEW.id;
    END
"""
SQLITE_COUNTS = {
    "predictor_count_insert AFTER INSERT ON predictor_submission": [("NEW", 1)],
    "predictor_count_delete AFTER DELETE ON predictor_submission": [("OLD", -1)],
    f"predictor_count_update AFTER UPDATE OF {COUNTED_COLUMNS} ON predictor_submission": [
        ("OLD", -1),
        ("NEW", 1),
    ],
}

# Rows that somebody else is adding up just now are left to them.
POSTGRESQL_FOLD = """
    WITH gone AS (
        DELETE FROM {table}
        WHERE id IN (SELECT id FROM {table} FOR UPDATE SKIP LOCKED) RETURNING *
    )
    INSERT INTO {table} ({keys}, {sums})
    SELECT {keys}, {summed} FROM gone GROUP BY {keys} HAVING {not_zero};
"""
POSTGRESQL_COUNTS = """
    CREATE FUNCTION predictor_fold() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        {fold}
    END $$;

    CREATE FUNCTION predictor_count() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            {less}
        END IF;
        IF TG_OP <> 'DELETE' THEN
            {more}
        END IF;
        IF random() < 0.001 THEN
            PERFORM predictor_fold();
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION predictor_activity() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {activity}
        RETURN NULL;
    END $$;

    CREATE TRIGGER predictor_count
    AFTER INSERT OR DELETE OR UPDATE OF {counted} ON predictor_submission
    FOR EACH ROW EXECUTE FUNCTION predictor_count();

    CREATE TRIGGER predictor_activity AFTER INSERT ON predictor_labelevent
    FOR EACH ROW EXECUTE FUNCTION predictor_activity();
"""


def create(schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, "predictor_submission")
    columns = {"", *(column.name for column in found)}
    rules = [rule for rule in RULES if rule.table in tables and rule.column in columns]
    for sql in _postgresql(rules) if connection.vendor == "postgresql" else _sqlite(rules):
        schema_editor.execute(sql, params=None)


def drop(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop every trigger of these tables, whatever an older version called it."""
    for sql in _existing(schema_editor):
        schema_editor.execute(sql, params=None)


def _existing(schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
    if schema_editor.connection.vendor == "postgresql":
        query = (
            "SELECT 'DROP FUNCTION ' || oid::regprocedure || ' CASCADE' FROM pg_proc"
            " WHERE proname LIKE 'predictor\\_%' AND pronamespace = current_schema()::regnamespace"
        )
    else:
        query = (
            "SELECT 'DROP TRIGGER ' || name FROM sqlite_master"
            " WHERE type = 'trigger' AND tbl_name LIKE 'predictor\\_%' ESCAPE '\\'"
        )
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(query)
        return [sql for (sql,) in cursor.fetchall()]


def _sqlite(rules: list[Rule]) -> Iterator[str]:
    for rule in rules:
        yield _rule(SQLITE_RULE, rule, "IS NOT")
    for table in COUNTERS:
        yield _fold(SQLITE_FOLD, table)
    for trigger, rows in SQLITE_COUNTS.items():
        counts = "".join(_count(row, step, day="date({})") for row, step in rows)
        yield f"CREATE TRIGGER {trigger} BEGIN {counts} END"
    activity = _activity("(julianday({later}) - julianday({earlier})) * 86400", day="date({})")
    when = "AFTER INSERT ON predictor_labelevent"
    yield f"CREATE TRIGGER predictor_activity {when} BEGIN {activity} END"


def _postgresql(rules: list[Rule]) -> Iterator[str]:
    for rule in rules:
        yield _rule(POSTGRESQL_RULE, rule, "IS DISTINCT FROM")
    day = "({} AT TIME ZONE 'UTC')::date"
    yield POSTGRESQL_COUNTS.format(
        fold="".join(_fold(POSTGRESQL_FOLD, table) for table in COUNTERS),
        less=_count("OLD", -1, day),
        more=_count("NEW", 1, day),
        activity=_activity("EXTRACT(EPOCH FROM {later} - {earlier})", day),
        counted=COUNTED_COLUMNS,
    )


def _rule(template: str, rule: Rule, differs: str) -> str:
    values = rule._asdict() | {"refused_if": rule.refused_if.format(differs=differs)}
    return template.format(**values, lock=POSTGRESQL_LOCK if rule.then else "")


def _fold(template: str, table: str) -> str:
    keys, sums = COUNTERS[table]
    return template.format(
        table=table,
        keys=keys,
        sums=", ".join(sums),
        summed=", ".join(f"SUM({name})" for name in sums),
        not_zero=f"SUM({sums[0]}) <> 0",
    )


def _count(row: str, step: int, day: str) -> str:
    return COUNT_SUBMISSION.format(row=row, step=step, day=day.format(f"{row}.created_at"))


def _activity(seconds: str, day: str) -> str:
    gap = GAP.format(
        since_lately=seconds.format(later="NEW.at", earlier="lately.at"),
        since_previous=seconds.format(later="NEW.at", earlier=PREVIOUS),
    )
    return COUNT_EVENT.format(gap=gap, day=day.format("NEW.at"))
