"""The web side of Sapa: portal, chat and tracking, for every phone and every screen reader."""
