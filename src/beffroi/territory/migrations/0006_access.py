from __future__ import annotations

from typing import ClassVar

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("territory", "0005_building_ground_m")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.SlugField(max_length=63, primary_key=True, serialize=False)),
                (
                    "lat",
                    models.FloatField(
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="latitude",
                    ),
                ),
                (
                    "lon",
                    models.FloatField(
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                        verbose_name="longitude",
                    ),
                ),
            ],
            options={"verbose_name": "accès", "verbose_name_plural": "accès"},
        ),
    ]
