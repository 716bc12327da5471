"""How Netloom looks: colour tokens, type scale, palette and stylesheet for light and dark."""

from builder.theme.fonts import font
from builder.theme.manager import MODES, Mode, ThemeManager
from builder.theme.tokens import GRID, Theme, dark, light

__all__ = ["GRID", "MODES", "Mode", "Theme", "ThemeManager", "dark", "font", "light"]
