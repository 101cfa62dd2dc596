"""The shell: design system, base templates, citizen pages, staff consoles and the installable app. It owns no table and no rule."""
