"""The key of pseudonyms is the site's own: those that it has given already stay as they are."""

import hashlib

from django.conf import settings
from django.db import migrations, models

from predictor.models.exports import new_key


def keep_pseudonyms(apps, schema_editor):
    if not apps.get_model("predictor", "Submission").objects.exists():
        return  # none was given
    # As django.utils.crypto.salted_hmac made it of the oldest secret key.
    oldest = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS][-1]
    key = hashlib.sha256(b"predictor.exports" + oldest.encode()).digest()
    states = apps.get_model("predictor", "ExportState").objects
    states.update_or_create(pk=1, defaults={"pseudonym_key": key})


class Migration(migrations.Migration):
    dependencies = [("predictor", "0012_label_arrivals")]

    operations = [
        migrations.AddField(
            model_name="exportstate",
            name="pseudonym_key",
            field=models.BinaryField(default=new_key),
        ),
        migrations.RunPython(keep_pseudonyms, migrations.RunPython.noop),
    ]
