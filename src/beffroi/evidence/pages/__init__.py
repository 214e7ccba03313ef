"""What the pages of requisitions show."""
