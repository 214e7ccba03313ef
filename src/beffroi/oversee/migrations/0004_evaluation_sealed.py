from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oversee", "0003_sharing"),
    ]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="power",
            field=models.JSONField(blank=True, null=True, verbose_name="ce que les chiffres peuvent montrer"),
        ),
        migrations.AddField(
            model_name="evaluation",
            name="reason",
            field=models.TextField(blank=True, verbose_name="pourquoi cette correction"),
        ),
        migrations.AddField(
            model_name="evaluation",
            name="test",
            field=models.CharField(blank=True, max_length=20, verbose_name="test"),
        ),
    ]
