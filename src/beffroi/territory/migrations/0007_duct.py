from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("territory", "0006_access")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Duct",
            fields=[
                ("id", models.SlugField(max_length=63, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                ("owner", models.CharField(blank=True, max_length=120, verbose_name="propriétaire")),
                ("shape", models.JSONField(verbose_name="axe")),
            ],
            options={"verbose_name": "fourreau", "verbose_name_plural": "fourreaux", "ordering": ["name"]},
        ),
    ]
