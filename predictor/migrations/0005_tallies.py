"""Counts for the dashboard, kept by triggers; predictor/tallies.py says what they are.

A later migration that makes predictor_submission or predictor_labelevent anew on SQLite lays these
triggers aside as it does those of 0004.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Each table, in what its rows may be alike, and what of them is added up.
TABLES = {
    "predictor_tally": (
        "network_id, predicted, label, audited, band",
        ["drawings", "confidence"],
    ),
    "predictor_daytally": ("day", ["drawings", "reviewed"]),
    "predictor_pacetally": ("day, reviewer_id", ["labels", "timed", "seconds"]),
}

# A drawing more, or with -1 as {one} a drawing less.
COUNT = """
    INSERT INTO predictor_tally
        (network_id, predicted, label, audited, band, drawings, confidence)
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
        {one}, {one} * {row}.confidence
    {source};
    INSERT INTO predictor_daytally (day, drawings, reviewed)
    SELECT {day}, {one}, CASE WHEN {row}.label IS NULL THEN 0 ELSE {one} END
    {source};
"""
COUNTED = "created_at, model_id, digit, is_digit, confidence, label, audited_at"

# What a reviewer did, and how long after what the same one did before.
PACE = """
    INSERT INTO predictor_pacetally (day, reviewer_id, labels, timed, seconds)
    SELECT day, actor_id,
        CASE WHEN given IS NULL THEN 0 ELSE 1 END,
        CASE WHEN given IS NOT NULL AND gap BETWEEN 0 AND 60 THEN 1 ELSE 0 END,
        CASE WHEN gap BETWEEN 0 AND 60 THEN gap ELSE 0 END
    FROM (
        SELECT {day} AS day, {row}.actor_id AS actor_id, {row}.new AS given, {gap} AS gap {source}
    ) event;
"""
BEFORE = """
    SELECT earlier.at FROM predictor_labelevent earlier
    WHERE earlier.actor_id = {row}.actor_id AND earlier.id < {row}.id
    ORDER BY earlier.id DESC LIMIT 1
"""

# Every thousandth row has all that were there before it added together.
SQLITE_FOLD = """
    CREATE TRIGGER {table}_fold AFTER INSERT ON {table} WHEN NEW.id % 1000 = 0
    BEGIN
        INSERT INTO {table} ({alike}, {added})
        SELECT {alike}, {sums} FROM {table} WHERE id <= NEW.id
        GROUP BY {alike} HAVING {some};
        DELETE FROM {table} WHERE id <= NEW.id;
    END
"""
SQLITE_TRIGGERS = {
    "predictor_count_new AFTER INSERT ON predictor_submission": [("NEW", 1)],
    "predictor_count_old AFTER DELETE ON predictor_submission": [("OLD", -1)],
    f"predictor_count_change AFTER UPDATE OF {COUNTED} ON predictor_submission": [
        ("OLD", -1),
        ("NEW", 1),
    ],
}

# Rows that somebody else is adding together just now are left to them.
POSTGRESQL_FOLD = """
    WITH gone AS (
        DELETE FROM {table}
        WHERE id IN (SELECT id FROM {table} FOR UPDATE SKIP LOCKED) RETURNING *
    )
    INSERT INTO {table} ({alike}, {added})
    SELECT {alike}, {sums} FROM gone GROUP BY {alike} HAVING {some};
"""
POSTGRESQL = """
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

    CREATE FUNCTION predictor_pace() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {pace}
        RETURN NULL;
    END $$;

    CREATE TRIGGER predictor_count
    AFTER INSERT OR DELETE OR UPDATE OF {counted} ON predictor_submission
    FOR EACH ROW EXECUTE FUNCTION predictor_count();

    CREATE TRIGGER predictor_pace AFTER INSERT ON predictor_labelevent
    FOR EACH ROW EXECUTE FUNCTION predictor_pace();
"""


def create_triggers(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    if postgresql:
        fold = "".join(folding(POSTGRESQL_FOLD, table) for table in TABLES)
        sql = POSTGRESQL.format(
            fold=fold,
            less=count("OLD", -1, postgresql),
            more=count("NEW", 1, postgresql),
            pace=pace("NEW", postgresql),
            counted=COUNTED,
        )
        return schema_editor.execute(sql, params=None)
    for table in TABLES:
        schema_editor.execute(folding(SQLITE_FOLD, table), params=None)
    triggers = {
        trigger: "".join(count(row, one, postgresql) for row, one in rows)
        for trigger, rows in SQLITE_TRIGGERS.items()
    }
    triggers["predictor_pace AFTER INSERT ON predictor_labelevent"] = pace("NEW", postgresql)
    for trigger, sql in triggers.items():
        schema_editor.execute(f"CREATE TRIGGER {trigger} BEGIN {sql} END", params=None)


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in ("count", "pace", "fold"):
            schema_editor.execute(f"DROP FUNCTION predictor_{name} CASCADE", params=None)
        return
    names = [*SQLITE_TRIGGERS, "predictor_pace", *(f"{table}_fold" for table in TABLES)]
    for name in names:
        schema_editor.execute(f"DROP TRIGGER {name.split()[0]}", params=None)


def count_what_is_there(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    source = "FROM predictor_submission counted"
    drawings, days, _ = count("counted", 1, postgresql, source).split(";")
    events = pace("counted", postgresql, "FROM predictor_labelevent counted")
    for sql in (drawings, days, events):
        schema_editor.execute(sql, params=None)
    if postgresql:
        schema_editor.execute("SELECT predictor_fold()", params=None)


def folding(sql, table):
    alike, added = TABLES[table]
    return sql.format(
        table=table,
        alike=alike,
        added=", ".join(added),
        sums=", ".join(f"SUM({name})" for name in added),
        some=f"SUM({added[0]}) <> 0",
    )


def count(row, one, postgresql, source=""):
    return COUNT.format(row=row, one=one, source=source, day=day(f"{row}.created_at", postgresql))


def pace(row, postgresql, source=""):
    before = f"({BEFORE.format(row=row)})"
    gap = (
        f"EXTRACT(EPOCH FROM {row}.at - {before})"
        if postgresql
        else f"(julianday({row}.at) - julianday({before})) * 86400"
    )
    return PACE.format(row=row, gap=gap, source=source, day=day(f"{row}.at", postgresql))


def day(time, postgresql):
    return f"({time} AT TIME ZONE 'UTC')::date" if postgresql else f"date({time})"


class Migration(migrations.Migration):
    dependencies = [
        ("predictor", "0004_labels_follow_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "network",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="predictor.modelversion",
                    ),
                ),
                ("predicted", models.SmallIntegerField()),
                ("label", models.SmallIntegerField(null=True)),
                ("audited", models.BooleanField()),
                (
                    "band",
                    models.SmallIntegerField(
                        help_text="Of audited drawings read as a digit.", null=True
                    ),
                ),
                ("drawings", models.IntegerField()),
                ("confidence", models.FloatField(help_text="Of all of them together.")),
            ],
        ),
        migrations.CreateModel(
            name="DayTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("drawings", models.IntegerField()),
                ("reviewed", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PaceTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "reviewer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("labels", models.IntegerField()),
                ("timed", models.IntegerField()),
                ("seconds", models.FloatField()),
            ],
        ),
        migrations.AddIndex(
            model_name="labelevent",
            index=models.Index(fields=["actor", "id"], name="event_by_actor"),
        ),
        migrations.RunPython(create_triggers, drop_triggers),
        migrations.RunPython(count_what_is_there, migrations.RunPython.noop),
    ]
