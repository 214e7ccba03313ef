from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="witness",
            name="split_number",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="witness",
            name="split_at_us",
            field=models.BigIntegerField(default=0),
        ),
    ]
