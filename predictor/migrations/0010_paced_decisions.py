"""Only what was decided one at a time tells a reviewer's pace.

Labels of the list, of the grid and of actions come by the dozen: they are counted, and not timed.
Nor is what a page had kept while it could not send, if it comes after a break: its decisions arrive
within a moment, and took longer.

A later migration that makes predictor_labelevent anew on SQLite, as those of 0004 and 0005 say,
ends with replace_trigger from here, after create_triggers of 0005.
"""

from importlib import import_module

from django.db import migrations

tallies = import_module("predictor.migrations.0005_tallies")

# A gap counts only after something that the same reviewer did at least a second and at most a
# minute before; of what arrives at once, that is before the first.
GAP = """
    CASE WHEN ({row}.way IN ('queue', 'admin-page')
            OR {row}.way = 'undo' AND {row}.key IS NOT NULL)
        AND EXISTS (
            SELECT 1 FROM (
                SELECT before.at FROM predictor_labelevent before
                WHERE before.actor_id = {row}.actor_id AND before.id < {row}.id
                ORDER BY before.id DESC LIMIT 200
            ) lately
            WHERE {since} BETWEEN 1 AND 60
        )
    THEN {gap} END
"""


def pace(row, postgresql, source=""):
    since = "EXTRACT(EPOCH FROM {a} - {b})" if postgresql else "(julianday({a}) - julianday({b})) * 86400"
    gap = GAP.format(
        row=row,
        since=since.format(a=f"{row}.at", b="lately.at"),
        gap=since.format(a=f"{row}.at", b=f"({tallies.BEFORE.format(row=row)})"),
    )
    day = tallies.day(f"{row}.at", postgresql)
    return tallies.PACE.format(row=row, gap=gap, source=source, day=day)


def create(schema_editor, sql):
    if schema_editor.connection.vendor == "postgresql":
        body = f"BEGIN {sql} RETURN NULL; END"
        schema_editor.execute(
            f"CREATE OR REPLACE FUNCTION predictor_pace() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
            params=None,
        )
        return
    schema_editor.execute("DROP TRIGGER predictor_pace", params=None)
    schema_editor.execute(
        f"CREATE TRIGGER predictor_pace AFTER INSERT ON predictor_labelevent BEGIN {sql} END",
        params=None,
    )


def replace_trigger(apps, schema_editor):
    create(schema_editor, pace("NEW", schema_editor.connection.vendor == "postgresql"))


def restore_trigger(apps, schema_editor):
    create(schema_editor, tallies.pace("NEW", schema_editor.connection.vendor == "postgresql"))


def time_anew(apps, schema_editor):
    """Of what the dashboard shows. How many labels there were stays, also of erased drawings."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute("UPDATE predictor_pacetally SET timed = 0, seconds = 0", params=None)
    recent = "CURRENT_DATE - 31" if postgresql else "date('now', '-31 days')"
    sql = pace("e", postgresql, f"FROM predictor_labelevent e WHERE e.at >= {recent}")
    # The labels are counted already.
    counted = "CASE WHEN given IS NULL THEN 0 ELSE 1 END"
    schema_editor.execute(sql.replace(counted, "0", 1).rstrip().rstrip(";"), params=None)


class Migration(migrations.Migration):
    dependencies = [("predictor", "0009_heartbeat")]

    operations = [
        migrations.RunPython(replace_trigger, restore_trigger),
        migrations.RunPython(time_anew, migrations.RunPython.noop),
    ]
