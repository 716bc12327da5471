"""Fixes everything as the window does, without its thread and its question."""

from collections.abc import Collection

from builder.fix_preview import plan_fixes
from builder.fixing import apply_fixes
from builder.session import Session


def fix_all(session: Session, skipped: Collection[str] = ()) -> int:
    """Applies what a plan says, and has known what is wrong then; gives how many remedies that were."""
    plan = plan_fixes(session.project, skipped)
    assert plan is not None
    fixed = apply_fixes(session, [fix.edit for fix in plan.fixes])
    session.settle()
    return fixed
