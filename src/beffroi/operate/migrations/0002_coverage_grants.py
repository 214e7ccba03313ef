from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operate", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="view",
            name="kind",
            field=models.CharField(
                choices=[
                    ("live", "live"),
                    ("replay", "replay"),
                    ("coverage", "coverage"),
                    ("export", "export"),
                    ("snapshot", "snapshot"),
                    ("thumbnails", "thumbnails"),
                    ("ptz", "ptz"),
                    ("test-pattern", "test-pattern"),
                ],
                max_length=16,
            ),
        ),
    ]
