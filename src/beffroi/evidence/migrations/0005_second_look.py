from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0004_pack_recipients"),
    ]

    operations = [
        migrations.AlterField(
            model_name="step",
            name="kind",
            field=models.CharField(
                choices=[
                    ("called", "called"),
                    ("locked", "locked"),
                    ("extended", "extended"),
                    ("released", "released"),
                    ("called-back", "called-back"),
                    ("received", "received"),
                    ("chosen", "chosen"),
                    ("replayed", "replayed"),
                    ("attended", "attended"),
                    ("attended-end", "attended-end"),
                    ("result", "result"),
                    ("validated", "validated"),
                    ("alone", "alone"),
                    ("validation-late", "validation-late"),
                    ("dispensed", "dispensed"),
                    ("pack-asked", "pack-asked"),
                    ("handed-over", "handed-over"),
                    ("closed", "closed"),
                    ("feedback", "feedback"),
                ],
                max_length=16,
            ),
        ),
    ]
