from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictor", "0005_tallies")]

    operations = [
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("label__isnull", False)),
                fields=["created_at", "id", "reviewed_at"],
                name="submission_exportable",
            ),
        ),
    ]
