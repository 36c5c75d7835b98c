from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictor", "0013_pseudonym_key")]

    operations = [
        migrations.CreateModel(
            name="RetrainingLease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.UUIDField(null=True)),
                ("until", models.DateTimeField(null=True)),
            ],
        ),
    ]
