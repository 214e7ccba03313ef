from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operate", "0004_mask_proof_before")]

    operations = [
        migrations.AddField(
            model_name="maskversion",
            name="pose",
            field=models.JSONField(default=dict),
        ),
    ]
