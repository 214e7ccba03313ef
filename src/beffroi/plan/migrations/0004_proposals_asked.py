"""A question to the optimiser keeps what was asked, how far it is, and whether it was given up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plan", "0003_scenarios")]

    operations = [
        migrations.AddField("scenarioproposal", "asked", models.JSONField(default=dict, verbose_name="question")),
        migrations.AddField("scenarioproposal", "progress", models.FloatField(default=0.0, verbose_name="avancement")),
        migrations.AddField(
            "scenarioproposal", "is_cancelled", models.BooleanField(default=False, verbose_name="abandonnée")
        ),
    ]
