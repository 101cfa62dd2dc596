"""The demo: people, places and their stories, made by the real actions on a clock that is set back."""
