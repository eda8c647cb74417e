"""Who hears of what happened: citizens and officers, each in their own words."""
