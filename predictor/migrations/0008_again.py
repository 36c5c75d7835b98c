from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictor", "0007_lists_of_some")]

    operations = [
        migrations.AlterField(
            "labelevent",
            "way",
            models.CharField(
                choices=[
                    ("admin-list", "in the list"),
                    ("admin-page", "on its page"),
                    ("confirm", "confirmed the prediction"),
                    ("claim", "accepted the visitor's claim"),
                    ("queue", "in the queue"),
                    ("grid", "in the grid"),
                    ("again", "looked at again"),
                    ("undo", "taken back"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            "labelevent",
            models.Index(
                fields=["submission"], name="event_again", condition=models.Q(way="again")
            ),
        ),
    ]
