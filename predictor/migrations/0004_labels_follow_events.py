"""The database itself keeps labels and their history together, whoever writes to it.

- A new event sets the label, and who gave it and when. It begins with the label that it finds.
- A label that is not that of the drawing's last event is refused.
- An event can't be changed, nor deleted before its drawing has a tombstone.
- A drawing begins without a label, and an erased one does not come back.

SQLite loses the triggers of a table that a later migration makes anew, and refuses to do so while
those of other tables name it. Such a migration begins with RunPython(drop_triggers) and ends with
RunPython(create_triggers), both from here, by import_module.
"""

from django.db import migrations

# Name, when it looks, what is wrong, the sentence that refuses it, and what follows if all is well.
TRIGGERS = [
    (
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
    (
        "predictor_event_stays",
        "BEFORE UPDATE ON predictor_labelevent",
        "1 = 1",
        "An event is never changed.",
        "",
    ),
    (
        "predictor_event_is_kept",
        "BEFORE DELETE ON predictor_labelevent",
        "NOT EXISTS (SELECT 1 FROM predictor_tombstone WHERE id = OLD.submission_id)",
        "An event goes only with its drawing, which leaves a tombstone.",
        "",
    ),
    (
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
        "",
    ),
    (
        "predictor_submission_begins",
        "BEFORE INSERT ON predictor_submission",
        """
        NEW.label IS NOT NULL
        OR EXISTS (SELECT 1 FROM predictor_tombstone WHERE id = NEW.id)
        """,
        "A drawing begins without a label, and does not come back.",
        "",
    ),
]

SQLITE = """
    CREATE TRIGGER {name} {moment}
    BEGIN
        SELECT RAISE(ABORT, '{sentence}') WHERE {wrong};
        {then}
    END
"""

# A drawing is locked first, so that of two events at once the second sees what the first has done.
POSTGRESQL = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {lock}
        IF {wrong} THEN
            RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        {then}
        RETURN COALESCE(NEW, OLD);
    END $$;
    CREATE TRIGGER {name} {moment} FOR EACH ROW EXECUTE FUNCTION {name}();
"""
LOCK = "PERFORM FROM predictor_submission WHERE id = NEW.submission_id FOR UPDATE;"


def create_triggers(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if postgresql else "IS NOT"
    for name, moment, wrong, sentence, then in TRIGGERS:
        sql = (POSTGRESQL if postgresql else SQLITE).format(
            name=name,
            moment=moment,
            wrong=wrong.format(differs=differs),
            sentence=sentence,
            then=then,
            lock=LOCK if then else "",
        )
        schema_editor.execute(sql, params=None)


def drop_triggers(apps, schema_editor):
    for name, *_ in TRIGGERS:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION {name} CASCADE", params=None)
        else:
            schema_editor.execute(f"DROP TRIGGER {name}", params=None)


class Migration(migrations.Migration):
    dependencies = [("predictor", "0003_register_of_networks")]

    operations = [migrations.RunPython(create_triggers, drop_triggers)]
