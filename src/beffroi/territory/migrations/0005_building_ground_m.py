from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("territory", "0004_publicbuilding_is_centre"),
    ]

    operations = [
        migrations.AddField(
            model_name="building",
            name="ground_m",
            field=models.FloatField(blank=True, null=True, verbose_name="altitude du sol"),
        ),
    ]
